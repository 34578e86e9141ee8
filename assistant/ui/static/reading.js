// Reading: messages have names, a new question stays in sight, and a checked text keeps what the person has opened in it.
(() => {
  "use strict";

  // What was searched for in place of a follow-up goes into the box, to be changed and asked again.
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("#conversation .rephrase") : null;
    const box = document.querySelector("#question textarea");
    if (!button || !box) return;
    page.fill(box, button.parentElement.querySelector(".searched-for").textContent);
    box.focus();
  });
  // Gradio names a message by its markup; a screen reader should hear what it is.
  const names = { bot: "Answer", user: "Asked" };
  const label = () => {
    document.querySelectorAll('#conversation [data-testid][aria-label*="message:"]').forEach((message) => {
      const role = names[message.dataset.testid];
      if (role) message.setAttribute("aria-label", role);
    });
    document.querySelectorAll(":is(#conversation, #check-result) a.citation:not([aria-label])").forEach((link) => {
      link.setAttribute("aria-label", `${link.textContent} ${link.title}`);
      link.removeAttribute("title");  // it would lie over the quote that hovering shows
    });
  };

  // A new question goes to the top, with its answer below it, until the person scrolls themselves.
  let questions = 0;
  let following = false;
  const follow = () => {
    const asked = document.querySelectorAll("#conversation .question");
    if (asked.length > questions) following = true;
    questions = asked.length;
    const wrap = document.querySelector("#conversation .bubble-wrap");
    if (!following || !wrap || !asked.length) return;
    wrap.scrollTop += asked[asked.length - 1].getBoundingClientRect().top - wrap.getBoundingClientRect().top - 28;
  };
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(kind, () => { following = false; }, { capture: true, passive: true });
  }

  // A checked text is written anew as its claims are checked; what the person had opened or stood on stays so.
  const opened = new Set();
  let standing = null;
  const summaryOf = (id) => document.querySelector(`#check-result #${CSS.escape(id)} > summary`);
  // By the click, which the keyboard makes too: "toggle" comes after the page has been written again.
  document.addEventListener("click", (event) => {
    const summary = event.target instanceof Element ? event.target.closest("#check-result details.claim > summary") : null;
    if (!summary) return;
    const claim = summary.parentElement;
    if (claim.open) opened.delete(claim.id);
    else opened.add(claim.id);
  }, true);
  document.addEventListener("pointerdown", () => { standing = null; }, true);
  document.addEventListener("focusin", (event) => {
    standing = event.target.matches("#check-result summary") ? event.target.parentElement.id : null;
  });
  const restore = () => {
    if (!document.querySelector("#check-result .checked-text")) {
      opened.clear();
      standing = null;
      return;
    }
    for (const id of opened) {
      const summary = summaryOf(id);
      if (summary && !summary.parentElement.open) summary.parentElement.open = true;
    }
    if (standing !== null && document.activeElement === document.body) summaryOf(standing)?.focus({ preventScroll: true });
  };

  // How far a check is, for a screen reader.
  let said = "";
  const announce = () => {
    const now = document.querySelector("#check-progress .said")?.textContent ?? "";
    if (now && now !== said) page.tell(now);
    said = now;
  };

  page.watch(() => {
    label();
    follow();
    restore();
    announce();
  });
})();
