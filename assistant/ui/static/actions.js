// What a person does with an answer: copies it with its citations, asks again, changes the question, says what it is worth.
(() => {
  "use strict";
  const LONGEST = 2_000;
  const { make, button, tell } = page;
  const control = (name) => document.querySelector(`#${name}`);
  const box = () => document.querySelector("#kept textarea, #kept input");

  // --- the open conversation: as the server wrote it last, with what the person said since. It is in the box #kept.

  let text = "";
  let conversation = null;
  const kept = () => {
    const now = box()?.value ?? "";
    if (now !== text) {
      text = now;
      try {
        conversation = JSON.parse(now);
      } catch {
        conversation = null;
      }
    }
    return conversation;
  };
  // An answer's exchange: there are as many before it as there are questions above it.
  const exchangeOf = (element) => {
    const above = [...document.querySelectorAll("#conversation .question")].filter(
      (asked) => asked.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    return kept()?.exchanges?.[above.length - 1];
  };
  const keyOf = (exchange) => `${kept().id} ${exchange.asked_at} ${exchange.question}`;

  // What was said in this page. The server writes the conversation anew with each answer, from what it was sent with the
  // question; what was said while that was awaited is put in again.
  const said = new Map();
  const keep = () => {
    const changed = (kept()?.exchanges ?? []).filter((exchange) => {
      const own = said.get(keyOf(exchange));
      if (!own || (own.feedback === exchange.feedback && own.expected === exchange.expected)) return false;
      return Object.assign(exchange, own);
    });
    if (changed.length) page.fill(box(), JSON.stringify(conversation));
  };
  const say = (exchange, feedback, expected = null) => {
    said.set(keyOf(exchange), { feedback, expected });
    keep();
    draw();
  };

  // --- what would have been right: a form that stays the same element however often Gradio writes its message

  const forms = new Map();
  const close = (exchange, answer) => {
    forms.delete(keyOf(exchange));
    draw();
    answer.querySelector(".bad").focus();
  };
  const formOf = (exchange) => {
    const form = make("form", "rating");
    const label = make("label", "", "What would have been right?");
    const wording = make("textarea");
    wording.rows = 2;
    wording.maxLength = LONGEST;
    wording.value = exchange.expected ?? "";
    label.append(wording);
    const hint = make("p", "", "As the documents put it, in a few words. It may be left empty, and stays in this browser.");
    const nothing = make("label", "says-nothing");
    const check = make("input");
    check.type = "checkbox";
    check.checked = exchange.expected === "";
    check.addEventListener("change", () => { wording.disabled = check.checked; });
    wording.disabled = check.checked;
    nothing.append(check, "The documents do not say");
    const acts = make("div", "rating-acts");
    const save = make("button", "rating-save", "Save");
    const answer = () => form.closest(".bot");
    acts.append(save, button("", "Cancel", "", () => close(exchange, answer())));
    form.append(label, hint, ...(exchange.answer.refused ? [] : [nothing]), acts);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const place = answer();
      say(exchange, "bad", check.checked ? "" : wording.value.trim() || null);
      close(exchange, place);
      tell("Saved in this browser.");
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close(exchange, answer());
    });
    return form;
  };
  const open = (exchange) => {
    const form = formOf(exchange);
    forms.set(keyOf(exchange), form);
    draw();
    form.querySelector("textarea").focus({ preventScroll: true });
    const wrap = form.closest(".bubble-wrap");
    if (wrap) wrap.scrollTop += Math.max(0, form.getBoundingClientRect().bottom + 16 - wrap.getBoundingClientRect().bottom);
  };
  const toldOf = (exchange) => {
    const told = make("p", "rating-told");
    const words = exchange.expected === "" ? "The documents do not say." : exchange.expected ?? "not said yet.";
    told.append(`What would have been right: ${words}`, button("", "Change", "Change what would have been right", () => open(exchange)));
    return told;
  };

  const rate = (pressed) => {
    const exchange = exchangeOf(pressed);
    if (!exchange?.answer) return;
    const feedback = pressed.matches(".good") ? "good" : "bad";
    forms.delete(keyOf(exchange));
    if (exchange.feedback === feedback) {
      say(exchange, null);
      tell("Taken back.");
    } else {
      say(exchange, feedback);
      if (feedback === "bad") open(exchange);
      else tell("Marked as good, in this browser.");
    }
  };

  const draw = () => {
    keep();
    for (const place of document.querySelectorAll("#conversation .rated")) {
      const exchange = exchangeOf(place);
      const actions = place.parentElement.querySelector(".actions");
      for (const [name, label] of [["good", "Good answer"], ["bad", "Bad answer"]]) {
        const thumb = actions?.querySelector(`.${name}`);
        thumb?.setAttribute("aria-label", label);
        thumb?.setAttribute("aria-pressed", String(exchange?.feedback === name));
      }
      const isBad = exchange?.answer && exchange.feedback === "bad";
      const form = isBad ? forms.get(keyOf(exchange)) : null;
      const stamp = isBad && !form ? JSON.stringify([exchange.expected]) : "";
      if (form ? form.parentElement === place : place.dataset.drawn === stamp && !place.querySelector(".rating")) continue;
      place.dataset.drawn = stamp;
      place.replaceChildren(...(form ? [form] : isBad ? [toldOf(exchange)] : []));
    }
  };

  // --- copying

  const copy = async (pressed) => {
    const isDone = await page.copy(page.linked(pressed.closest(".actions").querySelector(".copied").textContent));
    pressed.focus();
    pressed.textContent = isDone ? "Copied" : "Not copied";
    setTimeout(() => { pressed.textContent = "Copy"; }, 1_500);
    tell(isDone ? "The answer is copied, with its citations." : "This browser does not let a page copy; select the text and copy it.");
  };

  const acts = {
    ".copy": copy,
    ".again": () => control("again").click(),
    ".edit": () => {
      control("edit").click();
      document.querySelector("#question textarea")?.focus();
    },
    ".good": rate,
    ".bad": rate,
  };
  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest("#conversation .actions button") : null;
    if (pressed) acts[Object.keys(acts).find((selector) => pressed.matches(selector))]?.(pressed);
  });
  page.watch(draw);
})();
