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
    if (!answer.ok) {
      const wait = Number(answer.headers.get("retry-after"));  // seconds after which it may go well
      throw Object.assign(new Error(isJson ? content.detail : content), { status: answer.status, wait });
    }
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

  const openTab = (name) => {
    [...document.querySelectorAll(".sections [role=tab]")].find((tab) => tab.textContent.trim() === name)?.click();
  };

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

  return Object.freeze({ collection, address, call, start, make, button, openTab, fill, ask, watch });
})();
