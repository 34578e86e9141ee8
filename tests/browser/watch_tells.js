// In every frame, before any script of the page: what a payload would call tells of it instead, and every element is
// looked at when it comes in, because some are gone a moment later.
(() => {
  const tell = (what, of) => globalThis.__tell?.(`${what} ${String(of).replace(/\s+/g, " ").slice(0, 200)}`);
  for (const name of ["alert", "confirm", "prompt", "print", "open", "execScript", "showModalDialog"]) {
    globalThis[name] = (...given) => void tell(`called ${name}:`, given.join(", "));
  }
  for (const name of ["write", "writeln"]) {
    Document.prototype[name] = (...given) => void tell("wrote into the document:", given.join(""));
  }
  for (const name of ["setTimeout", "setInterval"]) {
    const own = globalThis[name];
    globalThis[name] = (act, ...rest) => (typeof act === "string" ? void tell(`called ${name}:`, act) : own(act, ...rest));
  }
  for (const name of ["log", "dir"]) console[name] = (...given) => void tell(`called console.${name}:`, given.join(" "));
  addEventListener("securitypolicyviolation", (event) => {
    tell("the policy had to stop", `${event.effectiveDirective} of ${event.blockedURI}`);
  });
  const rare = "script, iframe, frame, object, embed, applet, form, base, meta, portal, fencedframe";
  const look = (element) => {
    const place = URL.canParse(element.src) ? new URL(element.src).origin : "";
    if (element.matches(rare)) tell("came in:", `${element.localName} ${place === location.origin ? "of ours" : place}`);
    for (const { name } of element.attributes) if (/^on/i.test(name)) tell("! came in:", element.outerHTML);
  };
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node.nodeType === 1) [node, ...node.querySelectorAll("*")].forEach(look);
      }
    }
  }).observe(document, { childList: true, subtree: true });
})();
