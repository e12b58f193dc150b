"use strict";
(() => {
  const palettes = JSON.parse(document.getElementById("palettes").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const charts = [...document.querySelectorAll("script.spec")].map((holder) => ({
    place: document.getElementById(holder.dataset.for),
    spec: holder.textContent,
  }));
  let printing = false;
  const PRINTED = 670; // px, within the margins of A4

  // "@one~0.2" is the colour of that role, with that opacity.
  const colour = (text, palette) => {
    const [role, opacity] = text.slice(1).split("~");
    const value = palette[role];
    if (value === undefined) return text;
    if (opacity === undefined) return value;
    const parts = [1, 3, 5].map((at) => parseInt(value.slice(at, at + 2), 16));
    return `rgba(${parts.join(",")},${opacity})`;
  };

  const dressed = (value, palette) => {
    if (typeof value === "string") return value.startsWith("@") ? colour(value, palette) : value;
    if (Array.isArray(value)) return value.map((one) => dressed(one, palette));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, dressed(one, palette)]));
  };

  const draw = () => {
    const palette = dark.matches && !printing ? palettes.dark : palettes.light;
    for (const { place, spec } of charts) {
      const { data, layout } = dressed(JSON.parse(spec), palette);
      const width = printing ? PRINTED : place.clientWidth;
      layout.width = width;
      if (width < 440) {
        layout.font.size = 10;
        layout.margin.r /= 2;
        for (const axis of [layout.xaxis, layout.yaxis]) if (axis.title) axis.title.font = { size: 10 };
        for (const axis of ["xaxis", "yaxis"]) thin(layout[axis], axis === "xaxis" ? width / 62 : 99);
      }
      Plotly.react(place, data, layout, { displayModeBar: false, responsive: false, scrollZoom: false });
    }
  };

  // On a narrow screen an axis names fewer of its places.
  const thin = (axis, most) => {
    if (!axis.ticktext || axis.ticktext.length <= most) return;
    const every = Math.ceil(axis.ticktext.length / most);
    axis.ticktext = axis.ticktext.map((text, i) => (i % every ? "" : text));
  };

  let waiting = 0;
  const again = () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(draw, 120);
  };
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) again();
    width = window.innerWidth;
  });
  dark.addEventListener("change", draw);
  window.addEventListener("beforeprint", () => {
    printing = true;
    draw();
  });
  window.addEventListener("afterprint", () => {
    printing = false;
    draw();
  });
  draw();
  document.documentElement.dataset.drawn = String(charts.length);
})();
