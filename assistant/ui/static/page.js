// What the page's scripts share: the collection that the address names, how an element is made, and where things are.
globalThis.page = (() => {
  "use strict";
  const collection = new URLSearchParams(location.search).get("collection") ?? "";

  // An address of this server, relative to the page, with its collection.
  const address = (path, values = {}) => {
    const query = new URLSearchParams(collection ? { collection, ...values } : values).toString();
    return query ? `${path}?${query}` : path;
  };

  // A request of this server; what goes wrong is thrown as an error whose message is a sentence for the person.
  const call = async (path, values = {}, options = {}) => {
    let answer;
    try {
      answer = await fetch(address(path, values), { credentials: "same-origin", ...options });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("The assistant does not answer; see whether it is still running, then try again.");
    }
    const isJson = /^application\/(problem\+)?json/.test(answer.headers.get("content-type") ?? "");
    const content = isJson ? await answer.json() : await answer.text();
    if (!answer.ok) throw new Error(isJson ? content.detail : content);
    return content;
  };

  // What the server says of the collection and of what may be done in it; asked once, and anew after a change.
  let started = null;
  const start = (anew = false) => {
    if (anew || !started) started = call("start");
    return started;
  };

  const make = (tag, className = "", text = "") => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  };
  const button = (className, text, name, act) => {
    const made = make("button", className, text);
    made.type = "button";
    if (name) made.setAttribute("aria-label", name);
    made.addEventListener("click", act);
    return made;
  };

  // A picture of lines on a grid of 24.
  const icon = (lines) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    made.setAttribute("viewBox", "0 0 24 24");
    made.setAttribute("aria-hidden", "true");
    made.classList.add("icon");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", lines);
    made.append(path);
    return made;
  };
  // A button that shows a picture in place of its name.
  const iconButton = (className, lines, name, act) => {
    const made = button(`icon-button ${className}`, "", name, act);
    made.title = name;
    made.append(icon(lines));
    return made;
  };

  const tabs = () => [...document.querySelectorAll(".sections [role=tab]")];
  const openTab = (name) => { tabs().find((tab) => tab.textContent.trim() === name)?.click(); };
  const tab = () => tabs().find((each) => each.ariaSelected === "true")?.textContent.trim() ?? "";

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without leave, or on an address that is not loopback: the old way.
      const field = make("textarea", "only-heard");
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  };

  // Whether what is typed goes into a field.
  const isTyping = () => document.activeElement?.matches("input, textarea, select, [contenteditable]") ?? false;

  // Escape closes the top-most thing: of those that are open, the one with the highest rank. `close` says whether it did.
  const closers = [];
  const onEscape = (rank, close) => {
    closers.push({ rank, close });
    closers.sort((one, other) => other.rank - one.rank);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return;
    if (closers.some(({ close }) => close())) event.preventDefault();
  });

  // Sets what is in a box of Gradio's and tells it so.
  const fill = (box, text) => {
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // Asks a question as if the person had written it.
  const ask = (question) => {
    openTab("Chat");
    fill(document.querySelector("#question textarea"), question);
    setTimeout(() => document.querySelector("#ask").click(), 50);  // the box tells Gradio of its value first
  };

  // Calls back, at once and then soon after anything of the page has changed.
  const watch = (look) => {
    let pending = false;
    const later = () => {
      if (pending) return;
      pending = true;
      setTimeout(() => { pending = false; look(); }, 16);  // not with the next frame, of which a page in the background has none
    };
    const begin = () => {
      new MutationObserver(later).observe(document.body, { childList: true, subtree: true, characterData: true });
      look();
    };
    if (document.body) begin();
    else document.addEventListener("DOMContentLoaded", begin);
  };

  return Object.freeze({
    collection, address, call, start, make, button, icon, iconButton, openTab, tab, copy, isTyping, onEscape, fill, ask, watch,
  });
})();
