// The first minute: what an empty chat offers to try, or that there are no documents yet and where to add some.
(() => {
  "use strict";
  const { make, button } = page;
  let told = null;

  const answers = () => document.querySelectorAll("#conversation .bot :is(.answer, .notice)").length;
  const isBusy = () => document.querySelector("#conversation :is(.waiting, .unfinished)") !== null;

  // A question that needs another one before it is asked as soon as that one is answered.
  const askAfter = (first, then) => {
    page.ask(first);
    const waiting = setInterval(() => {
      if (!answers() || isBusy()) return;
      clearInterval(waiting);
      page.ask(then);
    }, 100);
    setTimeout(() => clearInterval(waiting), 60_000);
  };

  const offered = ({ questions, follow_up: followUp, claim }) => {
    const list = make("ul", "try");
    const offer = (kind, text, act) => {
      const item = make("li");
      const made = button("try-this", "", "", act);
      made.append(make("small", "", kind), make("span", "", text));
      item.append(made);
      list.append(item);
    };
    questions.forEach((question, place) => {
      offer(place === questions.length - 1 ? "The documents do not say" : "Ask", question, () => page.ask(question));
      if (place === 0 && followUp) offer("Ask that, and then", followUp, () => askAfter(question, followUp));
    });
    if (claim) offer("Check a claim", claim, () => page.check(claim));
    return list;
  };

  const nothing = ({ collection, writes }) => {
    const box = make("div", "empty-collection");
    box.append(make("p", "", `There are no documents in the collection “${collection}” yet, so nothing can be answered.`));
    if (writes) box.append(button("add-first", "Add documents", "", () => page.openTab("Documents")));
    else box.append(make("p", "", "Your token may only read; ask who runs this assistant to add some."));
    return box;
  };

  const draw = () => {
    const place = document.querySelector("#conversation .welcome .first");
    if (!told || !place || place.dataset.drawn === told.stamp) return;
    place.dataset.drawn = told.stamp;
    if (told.problem) place.replaceChildren(make("p", "notice problem", told.problem));
    else if (!told.documents) place.replaceChildren(nothing(told));
    else place.replaceChildren(...(told.welcome.questions.length ? [offered(told.welcome)] : []));
  };

  const tell = async (anew) => {
    try {
      told = { ...(await page.start(anew)) };
    } catch (error) {
      told = { problem: error.message };
    }
    told.stamp = JSON.stringify(told);
    draw();
  };

  page.watch(draw);
  tell(false);
  document.addEventListener("collection-changed", () => tell(true));
})();
