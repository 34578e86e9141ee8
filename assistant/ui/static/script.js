// The source panel: a link to a quote opens it beside the page instead of in another tab.
(() => {
  "use strict";
  const isSource = (link) => link.origin === location.origin && /\/source$/.test(link.pathname);
  const panel = document.createElement("aside");
  panel.id = "source-panel";
  panel.setAttribute("aria-label", "Source");
  panel.hidden = true;

  const bar = document.createElement("div");
  bar.className = "source-bar";
  const name = document.createElement("span");
  name.textContent = "Source";
  const away = document.createElement("a");
  away.textContent = "Open in a new tab";
  away.target = "_blank";
  away.rel = "noopener";
  away.className = "source-away";
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.className = "source-close";
  close.setAttribute("aria-label", "Close the source panel");
  bar.append(name, away, close);
  const content = document.createElement("div");
  content.className = "source-content";
  content.setAttribute("aria-live", "polite");
  panel.append(bar, content);

  let opener = null;
  let latest = 0;

  const say = (sentence) => {
    const line = document.createElement("p");
    line.className = "source-state";
    line.textContent = sentence;
    content.replaceChildren(line);
  };

  // Of a page that cannot be drawn any more there is no picture; its text stays.
  const dropBroken = () => {
    for (const picture of content.querySelectorAll(".source-picture img")) {
      picture.addEventListener("error", () => picture.parentElement.remove());
      picture.addEventListener("load", scrollToQuote, { once: true });
    }
  };

  const scrollToQuote = () => {
    const quoted = content.querySelector("mark");
    const text = content.querySelector(".source-text");
    if (!quoted || !text) return;
    const offset = quoted.getBoundingClientRect().top - text.getBoundingClientRect().top;
    text.scrollTop += offset - Math.max(24, (text.clientHeight - quoted.offsetHeight) / 3);
  };

  const show = async (address, from) => {
    const turn = ++latest;
    if (!panel.contains(from)) opener = from;
    document.querySelectorAll(".is-open").forEach((link) => link.classList.remove("is-open"));
    from.classList.add("is-open");
    away.href = address;
    panel.hidden = false;
    document.body.classList.add("source-open");
    say("Opening …");
    close.focus({ preventScroll: true });
    const fragment = new URL(address);
    fragment.searchParams.set("fragment", "1");
    try {
      const answer = await fetch(fragment, { credentials: "same-origin" });
      const html = await answer.text();
      if (turn !== latest) return;
      // The server has escaped every foreign character of it; the content security policy stands behind that.
      if (answer.headers.get("content-type")?.startsWith("text/html")) content.innerHTML = html;
      else say(html);
      dropBroken();
      scrollToQuote();
    } catch {
      if (turn === latest) say("The assistant does not answer; see whether it is still running, then try again.");
    }
  };

  const hide = () => {
    latest++;
    panel.hidden = true;
    document.body.classList.remove("source-open");
    document.querySelectorAll(".is-open").forEach((link) => link.classList.remove("is-open"));
    if (opener?.isConnected) opener.focus();
    opener = null;
  };

  document.addEventListener(
    "click",
    (event) => {
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      if (!link || link === away || !isSource(link)) return;
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      show(link.href, link);
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) hide();
  });

  // What was searched for in place of a follow-up goes into the box, to be changed and asked again.
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("#conversation .rephrase") : null;
    const box = document.querySelector("#question textarea");
    if (!button || !box) return;
    box.value = button.parentElement.querySelector(".searched-for").textContent;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  });
  close.addEventListener("click", hide);

  // Gradio names a message by its markup; a screen reader should hear what it is.
  const names = { bot: "Answer", user: "Asked" };
  const label = () => {
    document.querySelectorAll('#conversation [data-testid][aria-label*="message:"]').forEach((message) => {
      const role = names[message.dataset.testid];
      if (role) message.setAttribute("aria-label", role);
    });
    document.querySelectorAll(":is(#conversation, #check-result) a.citation:not([aria-label])").forEach((link) => {
      link.setAttribute("aria-label", `${link.textContent} ${link.title}`);
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
  document.addEventListener(
    "toggle",
    (event) => {
      const claim = event.target;
      if (!claim.isConnected || !claim.matches("#check-result details.claim")) return;
      if (claim.open) opened.add(claim.id);
      else opened.delete(claim.id);
    },
    true,
  );
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
      if (summary) summary.parentElement.open = true;
    }
    if (standing !== null && document.activeElement === document.body) summaryOf(standing)?.focus({ preventScroll: true });
  };

  // How far a check is, for a screen reader: in a place that stays, since Gradio writes its own places anew.
  const voice = document.createElement("div");
  voice.className = "only-heard";
  voice.setAttribute("aria-live", "polite");
  const announce = () => {
    const said = document.querySelector("#check-progress .said")?.textContent ?? "";
    if (voice.textContent !== said) voice.textContent = said;
  };

  let pending = false;
  const observer = new MutationObserver(() => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      label();
      follow();
      restore();
      announce();
    });
  });

  const start = () => {
    document.body.append(panel, voice);
    observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-label"] });
  };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
