// The quote behind a number in a sentence, while the pointer or the focus is on the number; a click opens its source.
(() => {
  "use strict";
  const NUMBER = ":is(#conversation .prose-text, #check-result .differences) a.citation";
  const tip = page.make("div", "quote-tip");
  tip.id = "quote-tip";
  tip.role = "tooltip";
  tip.hidden = true;
  let over = null;
  let ending = 0;

  const quoteOf = (link) => {
    const group = link.closest(".answer, .evidence");
    return [...(group?.querySelectorAll(".quote") ?? [])].find((each) => each.querySelector("a.place").href === link.href);
  };
  const show = (link) => {
    clearTimeout(ending);
    const quote = quoteOf(link);
    if (over === link || !quote) return;
    hide();
    over = link;
    const said = page.make("p", "quote-tip-text", quote.querySelector("blockquote").textContent);
    tip.replaceChildren(said, page.make("p", "quote-tip-place", quote.querySelector("a.place").textContent));
    tip.hidden = false;
    link.setAttribute("aria-describedby", tip.id);
    const from = link.getBoundingClientRect();
    const left = Math.min(Math.max(12, from.left - 24), innerWidth - tip.offsetWidth - 12);
    const isAbove = from.top > tip.offsetHeight + 16;
    tip.style.left = `${left}px`;
    tip.style.top = `${isAbove ? from.top - tip.offsetHeight - 6 : from.bottom + 6}px`;
  };
  const hide = () => {
    clearTimeout(ending);
    over?.removeAttribute("aria-describedby");
    over = null;
    tip.hidden = true;
  };
  // The pointer may go onto the quote itself, so it stays for a moment.
  const endSoon = () => {
    clearTimeout(ending);
    ending = setTimeout(hide, 200);
  };

  const numberAt = (event) => (event.target instanceof Element ? event.target.closest(NUMBER) : null);
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const link = numberAt(event);
    if (link) show(link);
    else if (over && tip.contains(event.target)) clearTimeout(ending);
    else if (over && document.activeElement !== over) endSoon();
  });
  // The focus shows it when it comes by Tab, not when it comes back from what a number had opened.
  let isTabbing = false;
  document.addEventListener("keydown", (event) => { isTabbing = event.key === "Tab"; }, true);
  document.addEventListener("focusin", (event) => {
    const link = numberAt(event);
    if (link && isTabbing) show(link);
    else if (over) hide();
  });
  document.addEventListener("click", hide);
  document.addEventListener("scroll", (event) => { if (over && !tip.contains(event.target)) hide(); }, true);
  page.onEscape(40, () => {
    if (!over) return false;
    hide();
    return true;
  });
  page.watch(() => { if (over && !over.isConnected) hide(); });
  document.body.append(tip);
})();
