// Removing documents: after a while in which it can be undone, or at once when the page is left.
(() => {
  "use strict";
  const { make, button } = page;
  const SECONDS = 8;
  const AT_ONCE = 4;
  const TRIES = 5;
  const pending = new Set();

  const begin = (asked) => {
    const box = make("div", "removal");
    const text = make("span", "words", `${asked.name} will be removed`);
    const seconds = make("span", "seconds");
    seconds.setAttribute("aria-hidden", "true");
    const undo = button("plain undo", "Undo", `Undo: keep ${asked.name}`, () => stop());
    const track = make("span", "countdown");
    track.setAttribute("aria-hidden", "true");
    text.setAttribute("role", "status");
    box.append(text, " ", undo, " ", seconds, track);
    asked.notices.append(box);
    const one = { ids: asked.ids };
    pending.add(one);
    undo.focus();

    const until = Date.now() + 1_000 * SECONDS;
    const count = () => { seconds.textContent = `${Math.max(1, Math.ceil((until - Date.now()) / 1_000))} s`; };
    const ticking = setInterval(count, 250);
    const ending = setTimeout(() => finish(), 1_000 * SECONDS);
    count();

    const stop = () => {
      clearTimeout(ending);
      clearInterval(ticking);
      pending.delete(one);
      box.remove();
      asked.undone();
    };
    const finish = async () => {
      clearInterval(ticking);
      pending.delete(one);
      const hadFocus = box.contains(document.activeElement);
      text.textContent = `Removing ${asked.name} …`;
      track.remove();
      seconds.remove();
      undo.disabled = true;
      await removeAll(asked);
      const hasFocus = hadFocus && (box.contains(document.activeElement) || document.activeElement === document.body);
      box.remove();
      asked.ended(hasFocus);
      document.dispatchEvent(new Event("collection-changed"));
    };
  };

  const removeAll = async (asked) => {
    const left = [...asked.ids];
    const work = async () => {
      while (left.length) await removeOne(left.shift(), asked);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  };

  const removeOne = async (id, asked) => {
    for (let tries = 1; ; tries++) {
      try {
        await page.call(`v1/documents/${id}`, {}, { method: "DELETE" });
        return asked.removed(id);
      } catch (error) {
        if (error.status === 404) return asked.removed(id);  // somebody else was quicker
        if (!error.wait || tries === TRIES) return asked.failed(id, `It is not removed: ${error.message}`);
        await new Promise((resolve) => { setTimeout(resolve, 1_000 * Math.min(error.wait, 60)); });
      }
    }
  };

  document.addEventListener("remove-documents", ({ detail }) => begin(detail));
  addEventListener("pagehide", () => {
    for (const { ids } of pending) {
      for (const id of ids) fetch(page.address(`v1/documents/${id}`), { method: "DELETE", keepalive: true, credentials: "same-origin" });
    }
    pending.clear();
  });
})();
