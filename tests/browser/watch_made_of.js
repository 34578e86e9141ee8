// What a page is made of, as a list of [what, markup of one]; a "!" begins what is wrong on any page.
() => {
  const found = new Map();
  const note = (what, element) => { if (!found.has(what)) found.set(what, element?.outerHTML?.slice(0, 300) ?? ""); };
  const addressed = new Set(["href", "xlink:href", "src", "srcset", "action", "formaction", "data", "poster", "background",
    "ping", "code", "codebase", "archive", "classid", "manifest", "longdesc", "dynsrc", "lowsrc", "from", "to", "values",
    "by", "content", "profile", "usemap", "cite"]);
  const inert = new Set(["class", "id", "title", "alt", "role", "tabindex", "name", "value", "for", "type", "disabled",
    "hidden", "open", "checked", "selected", "readonly", "required", "placeholder", "lang", "dir", "rows", "cols", "max",
    "min", "step", "maxlength", "style", "spellcheck", "autocomplete", "autocapitalize", "autocorrect", "enterkeyhint",
    "loading", "decoding", "width", "height", "multiple", "accept", "colspan", "rowspan", "scope", "charset", "download",
    "rel", "inert", "draggable", "translate"]);
  const active = /^(javascript|vbscript|livescript|mocha|view-source|jar):/;
  const kind = (value) => {
    try {
      const address = new URL(value, document.baseURI);
      if (address.origin !== location.origin) return address.protocol + (address.host ? "//" + address.host : "");
      return "/" + address.pathname.slice(1).split("/")[0].replace(/^[^/]*\.(js|css|woff2?|svg|png|ico)$/, "*.$1");
    } catch {
      return "?";
    }
  };
  const all = document.querySelectorAll("*");
  for (const element of all) {
    const isHtml = element.namespaceURI === "http://www.w3.org/1999/xhtml";
    const parts = [isHtml ? "" : element.namespaceURI.split("/").pop() + ":", element.localName];
    for (const { name, value } of element.attributes) {
      const plain = value.replace(/[\s\0-\x1f]/g, "").toLowerCase();
      if (/^on/i.test(name)) note(`! <${element.localName} ${name}>`, element);
      if (addressed.has(name) && active.test(plain)) note(`! <${element.localName} ${name}=${plain.slice(0, 40)}>`, element);
      if (name === "srcdoc") note("! srcdoc", element);
      if (addressed.has(name) && name !== "content" && (isHtml || /href/.test(name))) parts.push(` ${name}=${kind(value)}`);
      else if (isHtml && !inert.has(name) && !/^(aria|data)-/.test(name)) parts.push(` ${name}`);
    }
    const styled = element.getAttribute("style") ? [...element.style].filter((each) => !each.startsWith("--")) : [];
    const risky = styled.filter((each) => /^(position|z-index|background|filter|behavior)/.test(each));
    if (isHtml && risky.length) parts.push(` style{${risky}}`);
    note(parts.join(""), element);
    const looks = getComputedStyle(element);
    if (["fixed", "absolute"].includes(looks.position)) {
      const { width, height } = element.getBoundingClientRect();
      const covers = width * height > 0.8 * innerWidth * innerHeight;
      const own = [...element.classList].filter((each) => !each.startsWith("svelte-") && !each.startsWith("is-"));
      if (width * height > 0 && (looks.position === "fixed" || covers)) {
        note(`overlay ${element.localName}#${element.id}.${own.join(".")}`, element);
      }
    }
  }
  const comments = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT);
  while (comments.nextNode()) {
    if (/[^\s[\]!\/?;-]/.test(comments.currentNode.data)) note(`comment ${comments.currentNode.data.slice(0, 60)}`);
  }
  return [...found];
}
