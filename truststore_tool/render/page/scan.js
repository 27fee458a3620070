"use strict";
(() => {
  const form = document.querySelector(".filters");
  const field = (name) => document.getElementById(name);
  const stores = [...document.querySelectorAll(".store")];
  const texts = stores.map((store) => store.textContent.toLowerCase());
  const levels = { error: ["error"], warning: ["error", "warning"] };
  const show = () => {
    const words = field("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const state = field("state").value, format = field("format").value, level = levels[field("level").value];
    let count = 0;
    stores.forEach((store, place) => {
      const data = store.dataset;
      const shown = (!state || data.state === state) && (!format || data.format === format)
        && (!level || level.includes(data.level)) && words.every((word) => texts[place].includes(word));
      store.hidden = !shown;
      count += shown ? 1 : 0;
    });
    field("count").textContent = count === stores.length ? `${count} stores` : `${count} of ${stores.length} stores`;
  };
  form.hidden = false;
  form.addEventListener("input", show);
  const clear = () => {
    ["words", "state", "format", "level"].forEach((name) => { field(name).value = ""; });
    show();
  };
  field("clear").addEventListener("click", clear);
  const reveal = () => {
    const store = document.getElementById(location.hash.slice(1));
    if (store && store.hidden) { clear(); store.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));
  show();
})();
