// The page of a permalink: the fragment of its address, "start-end", says which slice of the document is marked.
(() => {
  "use strict";
  const script = document.currentScript;
  const { document: id, hash, collection } = script.dataset;
  const main = script.parentElement;
  const show = async () => {
    const [, start, end] = /^#(\d{1,15})-(\d{1,15})$/.exec(location.hash) ?? [];
    if (start === undefined) return;
    const at = `assistant://${collection}/${id}?sha256=${hash}#char=${start},${end}`;
    const address = new URL("source", document.baseURI);
    address.searchParams.set("fragment", "1");
    address.searchParams.set("at", at);
    const article = main.querySelector("article");
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      const html = await answer.text();
      // The server has escaped every foreign character of it; the content security policy stands behind that.
      if (answer.headers.get("content-type")?.startsWith("text/html")) article.outerHTML = html;
      else article.textContent = html;
      main.querySelector("mark")?.scrollIntoView({ block: "center" });
    } catch {
      article.textContent = "The assistant does not answer; see whether it is still running, then open this link again.";
    }
  };
  addEventListener("hashchange", show);
  show();
})();
