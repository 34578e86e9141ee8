// What is awaited: a question that is not heard yet, an answer, or a server that is gone. Each is said, and can be stopped.
(() => {
  "use strict";
  const { make, tell } = page;
  const SOON = 300;  // milliseconds after which a wait is said
  const LONG = 2_000;
  const TRIES = 20;
  const UNSENT = "unsent-question";
  const control = (name) => document.querySelector(`#${name}`);
  const question = () => document.querySelector("#question textarea");
  const isAwaited = () => document.querySelector("#conversation :is(.waiting, .unfinished)") !== null;

  const state = make("div");
  state.id = "waiting-state";
  state.hidden = true;
  const say = (...parts) => {
    state.replaceChildren(...parts);
    state.hidden = parts.length === 0;
  };
  const moving = (sentence) => {
    const words = make("span", "waiting-words", sentence);
    words.append(make("span", "dots", "…"));
    return words;
  };

  // --- a question that Gradio has taken and of which nothing is shown yet, or that it has not taken at all

  let asking = null;  // {since, press, isTyped, isSent, changed, timer}
  const sent = new PerformanceObserver((list) => {
    const joined = asking && list.getEntries().find((each) => /\/queue\/join\b/.test(each.name) && each.startTime >= asking.since);
    if (!joined) return;
    asking.isSent = true;
    endStop();  // what is awaited from now on is this question's answer
    if (asking.changed > joined.startTime) end();
  });
  sent.observe({ type: "resource" });
  // It is heard once the messages change: but not what the scripts write into them, and not the words of an empty chat, and
  // not by what still comes in of an answer that was stopped, which can only be before the question is sent.
  const isOwn = (node) => (node instanceof Element ? node : node.parentElement)?.closest(".rated, .actions, .placeholder-content");
  const heard = new MutationObserver((changes) => {
    if (!document.querySelector("#conversation .message-wrap") || changes.every(({ target }) => isOwn(target))) return;
    if (stopping && !asking.isSent) asking.changed = performance.now();
    else end();
  });
  const end = () => {
    if (!asking) return;
    clearInterval(asking.timer);
    asking = null;
    heard.disconnect();
    if (!isGone) say();
  };
  // The box is emptied as soon as its question is taken, which can be before the browser tells that it was sent.
  const isBlank = () => question().value.trim() === "";
  const isTaken = () => asking !== null && (asking.isSent || (asking.isTyped && isBlank()));
  const waitOn = () => {
    const waited = performance.now() - asking.since;
    const words = waited < LONG ? "Asking" : "Other questions are being answered first; yours comes next";
    if (!isGone && state.textContent !== `${words}…`) {
      say(moving(words));
      if (waited >= LONG) tell(words);
    }
    if (!asking.isSent && !isTaken()) asking.press();  // Gradio takes none while it ends what was stopped
  };
  // What was on its way when an answer was stopped can still come in, and would stand there as if more came.
  let stopping = null;
  const endStop = () => {
    clearInterval(stopping);
    stopping = null;
  };
  const stayStopped = () => {
    let left = TRIES;
    endStop();
    stopping = setInterval(() => {
      if (left-- === 0 || isGone || isTaken()) endStop();
      else if (isAwaited()) control("stop").click();
    }, SOON);
  };
  const stop = () => {
    end();
    control("stop").click();
    stayStopped();
  };
  const begin = (press, isTyped) => {
    if (asking || isGone || (stopping ? isTyped && isBlank() : isAwaited())) return;
    asking = { since: performance.now(), press, isTyped, isSent: false, changed: 0, timer: setInterval(waitOn, SOON) };
    heard.observe(document.querySelector("#conversation .bubble-wrap"), { childList: true, subtree: true, characterData: true });
    setTimeout(look, SOON);
  };
  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest("#ask, #again, #stop, #new-chat, #reopen") : null;
    if (pressed?.matches("#ask, #again")) begin(() => pressed.click(), pressed.id === "ask");
    else if (pressed?.matches("#stop") && !event.isTrusted) return;
    else if (pressed) end();
    if (pressed?.matches("#stop")) stayStopped();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === question()) begin(() => control("ask").click(), true);
  }, true);

  document.addEventListener("input", ({ target }) => {
    if (target === question() && asking?.isTyped && !asking.isSent && isBlank()) end();  // taken back by the person
  }, true);

  // --- Escape stops what is awaited, where nothing is open that it closes

  page.onEscape(10, () => {
    if (isGone || !(asking || isAwaited())) return false;
    stop();
    return true;
  });

  // --- a server that is gone while something is awaited of it, or when Gradio says so

  let isGone = false;
  const answers = async () => {
    try {
      // Without a limit of time: a browser keeps it waiting while several tabs have answers coming in.
      return (await fetch("healthz", { credentials: "same-origin", cache: "no-store" })).ok;
    } catch {
      return false;
    }
  };
  const sayGone = () => {
    isGone = true;
    end();
    state.classList.add("is-gone");
    const notice = make("div", "notice problem");
    notice.setAttribute("role", "alert");
    const title = make("p", "notice-title");
    title.append(make("span", "sign", "⚠"), " The assistant does not answer");
    const words = make("p", "", "See whether it is still running. Your question is kept, and this page goes on as soon as the assistant is back ");
    words.append(make("span", "dots", "…"));
    notice.append(title, words);
    say(notice);
    addEventListener("pagehide", () => sessionStorage.setItem(UNSENT, question()?.value ?? ""));
  };
  let isLooking = false;
  const look = async () => {
    if (isLooking || !(isGone || asking || isAwaited() || document.querySelector(".toast-wrap .error"))) return;
    isLooking = true;
    const isThere = await answers();
    isLooking = false;
    if (isThere && isGone) location.reload();
    else if (!isThere && !isGone) sayGone();
  };
  setInterval(look, LONG);

  // --- once Gradio has drawn its controls

  const place = () => {
    const composer = control("composer");
    if (!composer || !question()) return;
    if (!state.isConnected) composer.before(state);
    const unsent = sessionStorage.getItem(UNSENT);
    if (unsent !== null) sessionStorage.removeItem(UNSENT);
    if (unsent) page.fill(question(), unsent);
  };
  page.watch(place);
})();
