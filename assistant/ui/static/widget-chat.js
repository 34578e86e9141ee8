// The chat in the frame that another site shows: a question goes to the API, the events of its answer come back, and
// everything foreign in them is put on the page as text.
(() => {
  "use strict";
  const TURNS = 20;
  const LONGEST_ANSWER = 100_000;
  const LONGEST_NEAREST = 280;
  const AROUND = 3_000;
  const BETWEEN_DRAWINGS = 120;  // milliseconds, while words come in
  const SILENT = "The assistant does not answer; see whether it is still running, then ask again.";
  const CHANGED = "The document has changed since; ask again to see what it says now.";
  const UNSEEN = "Who opens the source does not see all of this quote: part of it is hidden there.";
  const collection = new URLSearchParams(location.search).get("collection") ?? "";
  const [title, anew, close, log, source, composer, question, ask, stop, voice, welcome] = [
    "title", "anew", "close", "log", "source", "composer", "question", "ask", "stop", "voice", "welcome",
  ].map((id) => document.getElementById(id));
  let host = "";  // the origin of the page around this one
  let token = "";
  let history = [];
  let running = null;  // what ends the answer that is awaited
  let following = null;  // the question that stays at the top until the person scrolls
  let isEntered = true;  // whether the box has had the focus since the panel was opened
  let opener = null;  // what had the focus before a source was opened

  // --- elements, made from text only

  const make = (tag, name, ...children) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...children);
    return element;
  };
  const button = (name, label, act, ...children) => {
    const made = make("button", name, ...children);
    made.type = "button";
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };

  // The same characters as in escape.py: those that show as nothing or turn the direction of what stands around them.
  const CONTROLS = /[\p{Cc}\p{Cf}\p{Cs}\u115f\u1160\u3164\uffa0]/u;
  const SHOWN = new Set("\u00ad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\u{110bd}\u{110cd}\n\r\t");
  const joins = (neighbour) => (neighbour?.codePointAt(0) ?? 0) >= 0x600;
  const isHidden = (character, before, after) =>
    CONTROLS.test(character) && !SHOWN.has(character) &&
    !("\u200c\u200d".includes(character) && joins(before) && joins(after));
  const mark = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

  // A text as nodes, with its hidden characters as visible marks.
  const shown = (text) => {
    const nodes = [];
    let run = "";
    const characters = [...text];
    characters.forEach((character, place) => {
      if (!isHidden(character, characters[place - 1], characters[place + 1])) return void (run += character);
      nodes.push(run, make("span", "hidden-character", mark(character)));
      run = "";
    });
    return [...nodes, run].filter((node) => node !== "");
  };
  // The same with a mark around each [start, end] that is hidden in the source; offsets count code points.
  const shownHiding = (text, hidden) => {
    const characters = [...text];
    const slice = (start, end) => shown(characters.slice(start, end).join(""));
    const nodes = [];
    let place = 0;
    for (const [from, end] of hidden) {
      const start = Math.max(place, from);
      if (start >= end) continue;
      const part = make("span", "unseen-part", ...slice(start, end));
      part.title = "Hidden in the source";
      nodes.push(...slice(place, start), part);
      place = end;
    }
    return [...nodes, ...slice(place)];
  };

  const notice = (kind, sign, heading, sentence) => {
    const first = make("p", "notice-title", make("span", "sign", sign), ` ${heading}`);
    return make("div", `notice ${kind}`, first, make("p", "", ...shown(sentence)));
  };
  const problem = (sentence) => notice("problem", "⚠", "That did not work", sentence);

  // --- answers

  // What opens a quote: a link to its document, or, as links show no token, a button that opens it here.
  const link = (quote, name, children) => {
    const label = `Show quote ${quote.number} in its document`;
    const place = { id: quote.document_id, start: quote.start, end: quote.end, text: quote.text, hidden: quote.hidden };
    const made = token ? button(name, "", () => open(place), ...children) : make("a", name, ...children);
    if (!token) {
      const address = new URL("source", document.baseURI);
      address.searchParams.set("at", quote.permalink);
      address.hash = "quoted";
      Object.assign(made, { href: address.href, target: "_blank", rel: "noopener" });
    }
    made.title = token ? label : `${label}, in a new tab`;
    if (name === "citation") made.setAttribute("aria-label", `[${quote.number}] ${made.title}`);
    return made;
  };
  const citation = (quote) => link(quote, "citation", [`[${quote.number}]`]);

  // A text in which the numbers of quotes that exist open them.
  const cited = (text, quotes) => text.split(/(\[\d{1,3}\])/).flatMap((piece) => {
    const quote = quotes.find((each) => piece === `[${each.number}]`);
    return quote ? [citation(quote)] : shown(piece);
  });
  const doubtOf = (statement) => {
    if (!statement.quotes.length) return "not from the documents";
    return statement.supported === false ? "its quotes may not say so" : "";
  };
  const stated = (statements, quotes) => statements.flatMap((each) => {
    const doubt = doubtOf(each);
    return [...cited(each.text, quotes), ...(doubt ? [" ", make("span", "doubt", `⚠ ${doubt}`)] : []), " "];
  });

  const numbered = (quote, isTitled) => {
    const where = quote.place || `line ${quote.line.toLocaleString("en")}`;
    const words = shown([where, quote.heading].filter(Boolean).join(" · "));
    const children = isTitled ? [make("cite", "", ...shown(quote.title)), " · ", ...words] : words;
    const body = make("div", "quote-body", make("blockquote", "", ...shownHiding(quote.text, quote.hidden)));
    if (quote.hidden.length) body.append(make("p", "unseen", UNSEEN));
    body.append(link(quote, "place", children));
    return make("div", "quote", citation(quote), body);
  };

  // An answer as far as it is known: words with numbers (of a language model), and the quotes.
  const answered = (statements, rest, quotes) => {
    const nodes = [];
    if (statements.length || rest) {
      const draft = rest ? [make("span", "draft", ...shown(rest))] : [];
      nodes.push(make("p", "prose", ...stated(statements, quotes), ...draft));
    }
    const isTitled = nodes.length > 0;
    quotes.forEach((quote, place) => {
      if (!isTitled && quote.title !== quotes[place - 1]?.title) {
        nodes.push(make("p", "introduction", make("cite", "", ...shown(quote.title)), " says:"));
      }
      nodes.push(numbered(quote, isTitled));
    });
    return nodes;
  };

  const nearest = (hit) => {
    const { document_id: id, start, end, text, page, heading } = hit.passage;
    const where = [page === null ? "" : `page ${page}`, heading].filter(Boolean).join(" · ");
    const words = text.split(/\s+/).filter(Boolean).join(" ");
    const cut = words.length <= LONGEST_NEAREST ? words : `${words.slice(0, LONGEST_NEAREST).replace(/\s\S*$/, "")} …`;
    const name = [make("cite", "", ...shown(hit.title)), ...(where ? [" · ", ...shown(where)] : [])];
    const opens = button("place", "", () => open({ id, start, end, text, hidden: [] }), ...name);
    opens.title = "Show this passage in its document";
    return make("li", "", opens, make("span", "nearest-text", ...shown(cut)));
  };

  const whole = (answer) => {
    const nodes = [];
    if (answer.searched_for.trim() !== answer.question.trim()) {
      nodes.push(make("p", "quiet", "Searched for: ", ...shown(answer.searched_for)));
    }
    if (answer.refused) {
      nodes.push(notice("refusal", "⊘", "No answer in the documents", answer.reason));
      if (answer.nearest.length) {
        nodes.push(make("p", "nearest-title", "Nearest passages (not an answer)"));
        nodes.push(make("ul", "nearest", ...answer.nearest.map(nearest)));
      }
      return nodes;
    }
    nodes.push(...answered(answer.statements, "", answer.quotes));
    if (answer.note) nodes.push(make("p", "quiet", ...shown(answer.note)));
    if (answer.statements.length) {
      const told = `Put into words by ${answer.model}; only the quotes are the documents' own.`;
      nodes.push(make("p", "quiet", ...shown(told)));
    }
    return nodes;
  };

  // --- the server

  const headers = (more) => (token ? { ...more, authorization: `Bearer ${token}` } : more);
  const inCollection = (path) => {
    const address = new URL(path, document.baseURI);
    if (collection) address.searchParams.set("collection", collection);
    return address;
  };
  const detailOf = async (response) => {
    try {
      return String((await response.json()).detail);
    } catch {
      return SILENT;
    }
  };
  class Told extends Error {}  // Its message is the server's sentence.

  async function* pieces(reader) {
    try {
      for (let read; !(read = await reader.read()).done;) yield read.value;
    } finally {
      reader.cancel().catch(() => {});
    }
  }
  // The events of a stream by the rules of the HTML standard, as far as the server makes use of them.
  async function* events(body) {
    let text = "";
    for await (const piece of pieces(body.pipeThrough(new TextDecoderStream()).getReader())) {
      const blocks = (text + piece).split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
        if (fields.data) yield [fields.event, JSON.parse(fields.data)];
      }
    }
  }

  const stream = async (asked, signal, show) => {
    const response = await fetch(inCollection("v1/ask"), {
      method: "POST",
      headers: headers({ "content-type": "application/json", accept: "text/event-stream" }),
      body: JSON.stringify({ question: asked, history }),
      signal,
    });
    if (!response.ok) throw new Told(await detailOf(response));
    let [quotes, statements, rest, drawn] = [[], [], "", 0];
    for await (const [name, data] of events(response.body)) {
      if (name === "error") throw new Told(data.detail);
      if (name === "answered") return data;
      if (name === "found") {
        const count = data.hits.length;
        show(waiting(`Reading ${count} ${count === 1 ? "passage" : "passages"}`));
        continue;
      }
      if (name === "quoted") [quotes, statements, rest] = [data.quotes, [], ""];
      if (name === "stated") ({ statements, quotes, rest } = data);
      if (name === "drafted") rest += data.text;
      if (name === "token" || (name === "drafted" && performance.now() - drawn < BETWEEN_DRAWINGS)) continue;
      drawn = performance.now();
      if (quotes.length) show(...answered(statements, rest, quotes));
    }
    throw new Told(SILENT);
  };

  // --- asking

  const waiting = (words) => make("p", "waiting", words, make("span", "dots", "…"));
  const say = (words) => { voice.textContent = words.slice(0, 1_000); };
  const follow = () => { if (following) log.scrollTop = following.offsetTop - 12; };

  const state = (controller) => {
    running = controller;
    log.setAttribute("aria-busy", String(Boolean(controller)));
    ask.hidden = Boolean(controller);
    stop.hidden = !controller;
    anew.hidden = log.contains(welcome);
  };

  const submit = async () => {
    const asked = question.value;
    if (running) return;
    if (!source.hidden) shut();
    question.value = "";
    fit();
    welcome.remove();
    const controller = new AbortController();
    const reply = make("div", "reply", waiting("Searching the documents"));
    following = make("p", "question", ...shown(asked.trim() || "(nothing written)"));
    log.append(following, reply);
    state(controller);
    say("Searching the documents");
    const show = (...nodes) => {
      if (running !== controller) return;
      reply.replaceChildren(...nodes);
      follow();
    };
    follow();
    try {
      const answer = await stream(asked, controller.signal, show);
      if (running !== controller) return;
      show(...whole(answer));
      const turn = { question: answer.searched_for, answer: answer.text.slice(0, LONGEST_ANSWER) };
      history = [...history, turn].slice(-TURNS);
      say(answer.refused ? `No answer in the documents. ${answer.reason}` : `Answer: ${answer.text}`);
    } catch (error) {
      if (running !== controller) return;
      const sentence = error instanceof Told ? error.message : SILENT;
      show(problem(sentence));
      say(sentence);
      question.value ||= asked;  // to be asked again
      fit();
    } finally {
      if (running === controller) state(null);
    }
  };

  const halt = () => {
    const reply = log.lastElementChild;
    running.abort();
    state(null);
    if (reply.querySelector(".waiting")) reply.replaceChildren();
    reply.append(make("p", "quiet", "Stopped."));
    say("Stopped.");
    question.focus();
  };

  const begin = () => {
    running?.abort();
    history = [];
    log.replaceChildren(welcome);
    state(null);
    say("New chat");
    question.focus();
  };

  // --- a place in its document

  const open = async ({ id, start, end, text, hidden }) => {
    opener = document.activeElement;
    const back = button("back", "", shut, "Back to the chat");
    const content = make("div", "source-text", waiting("Opening"));
    source.replaceChildren(back, content);
    source.hidden = false;
    log.hidden = true;
    back.focus();
    const first = Math.max(0, start - AROUND);
    const address = inCollection(`v1/documents/${encodeURIComponent(id)}/text`);
    address.search = new URLSearchParams([...address.searchParams, ["start", first], ["end", end + AROUND]]).toString();
    try {
      const response = await fetch(address, { headers: headers({}) });
      if (!response.ok) throw new Told(await detailOf(response));
      const found = await response.json();
      const characters = [...found.text];
      const [before, here, after] = [[0, start - first], [start - first, end - first], [end - first]]
        .map(([from, to]) => characters.slice(from, to).join(""));
      if (here !== text) throw new Told(CHANGED);
      const marked = make("mark", "", ...shownHiding(here, hidden));
      const cut = (isCut) => (isCut ? [make("span", "omitted", "⋯")] : []);
      content.replaceChildren(
        ...cut(found.start > 0), ...shown(before), marked, ...shown(after), ...cut(found.end < found.characters),
      );
      content.before(make("h2", "source-title", ...shown(found.title)));
      content.tabIndex = 0;
      content.setAttribute("role", "region");
      content.setAttribute("aria-label", "Text of the document");
      content.scrollTop = marked.offsetTop - Math.max(24, (content.clientHeight - marked.offsetHeight) / 3);
    } catch (error) {
      content.replaceChildren(problem(error instanceof Told ? error.message : SILENT));
    }
  };

  const shut = () => {
    source.hidden = true;
    source.replaceChildren();
    log.hidden = false;
    follow();
    (opener?.isConnected ? opener : question).focus();
  };

  // --- the page around

  const leave = () => { if (host) parent.postMessage({ assistant: "close" }, host); };

  addEventListener("message", (event) => {
    if (parent === self || event.source !== parent || event.data?.assistant !== "open") return;
    if (event.origin === "null" || (host && event.origin !== host)) return;
    host = event.origin;
    const told = event.data;
    if (typeof told.title === "string" && told.title) title.textContent = document.title = told.title.slice(0, 80);
    if (typeof told.token === "string" && /^[\x21-\x7e]{0,500}$/.test(told.token)) token = told.token;
    if (["light", "dark"].includes(told.theme)) document.documentElement.style.colorScheme = told.theme;
    close.hidden = false;
    isEntered = false;
    parent.postMessage({ assistant: "opened" }, host);  // It gives this window the focus.
    enter();
  });
  const enter = () => {
    if (isEntered || !document.hasFocus()) return;
    isEntered = true;
    if (source.hidden) question.focus();
  };
  addEventListener("focus", enter);

  // --- the keyboard and the rest

  const fit = () => {
    question.style.height = "auto";
    question.style.height = `${question.scrollHeight + question.offsetHeight - question.clientHeight}px`;
  };
  question.addEventListener("input", fit);
  question.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
    question.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    if (source.hidden) leave();
    else shut();
  });
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    log.addEventListener(kind, () => { following = null; }, { passive: true });
  }
  stop.addEventListener("click", halt);
  anew.addEventListener("click", begin);
  close.addEventListener("click", leave);
  if (parent === self) question.focus();
})();
