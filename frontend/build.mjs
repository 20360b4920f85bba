// Bundles styles, scripts, icons and fonts into app/static/dist with hashed names and a manifest.
// Deterministic: the same sources give the same files. Run: node frontend/build.mjs
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const target = join(root, "app/static/dist");
const work = `${target}.${process.pid}.new`;
const LIMITS = { "app.css": 60_000, "app.js": 40_000 };
const files = {};

/** Writes a file under a name with its hash and notes it in the manifest. */
function put(name, content, hashed = true) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const dot = name.lastIndexOf(".");
  const stored = hashed ? `${name.slice(0, dot)}.${hash}${name.slice(dot)}` : name;
  const path = join(work, stored);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  files[name] = stored;
  const packed = gzipSync(bytes, { level: 9 }).length;
  if (LIMITS[name] && packed > LIMITS[name]) throw new Error(`${name}: ${packed} bytes packed, limit ${LIMITS[name]}`);
  if (LIMITS[name]) console.log(`${name}: ${bytes.length} bytes, ${packed} packed`);
  return stored;
}

/**
 * Screen fonts: variable Inter in two subsets and our own third one (each is loaded only where its signs occur).
 * Paper: whole static files. The third, frontend/fonts/inter-signs.woff2, was cut from inter-ui's InterVariable.woff2
 * (same licence) by pyftsubset with the signs listed in styles/_base.scss and --layout-features=kern,tnum,calt.
 */
function fonts() {
  const subset = (name) => readFileSync(join(modules, `@fontsource-variable/inter/files/inter-${name}-wght-normal.woff2`));
  put("fonts/inter-latin.woff2", subset("latin"));
  put("fonts/inter-latin-ext.woff2", subset("latin-ext"));
  put("fonts/inter-signs.woff2", readFileSync(join(root, "frontend/fonts/inter-signs.woff2")));
  for (const face of ["Regular", "Italic", "Medium", "SemiBold", "Bold"]) {
    put(`fonts/Inter-${face}.woff2`, readFileSync(join(modules, `inter-ui/web/Inter-${face}.woff2`)), false);
  }
  put("fonts/LICENSE.txt", readFileSync(join(modules, "inter-ui/LICENSE.txt")), false);
}

/** One sprite with the icons named in icons.json. */
function icons() {
  const names = [...new Set(JSON.parse(readFileSync(join(root, "frontend/icons.json"), "utf8")))].sort();
  const symbols = names.map((name) => {
    const path = join(modules, "@tabler/icons/icons/outline", `${name}.svg`);
    if (!existsSync(path)) throw new Error(`icons.json names ${name}, which the icon set does not have`);
    const shapes = readFileSync(path, "utf8")
      .replace(/<!--[\s\S]*?-->/g, "")
      .replace(/^[\s\S]*?<svg[^>]*>/, "")
      .replace("</svg>", "")
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
      .replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
  });
  put("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
  return names;
}

/** Single signs that the styles use as image or mask. */
function signs() {
  const draw = (name, colour, width, path) =>
    put(name, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"><path d="${path}"/></svg>\n`);
  draw("chevron.svg", "#7a8893", 2, "M6 9l6 6 6-6");
  draw("check.svg", "#000", 3.2, "M5.5 12.5l4.2 4.2 9-9.4");
}

function styles() {
  const built = sass.compile(join(root, "frontend/styles/app.scss"), {
    style: "compressed",
    loadPaths: [join(modules, "bootstrap/scss")],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
    functions: { "asset($name)": ([name]) => new sass.SassString(`/static/dist/${files[name.text]}`) },
  });
  put("app.css", built.css);
}

async function scripts() {
  const built = await esbuild.build({
    entryPoints: [join(root, "frontend/scripts/app.ts")],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["es2022"],
    legalComments: "none",
  });
  put("app.js", built.outputFiles[0].contents);
}

rmSync(work, { recursive: true, force: true });
try {
  fonts();
  put("logo.svg", readFileSync(join(root, "frontend/logo.svg")));
  const names = icons();
  signs();
  styles();
  await scripts();
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(join(work, "manifest.json"), JSON.stringify({ files: sorted, icons: names }, null, 1) + "\n");
  const old = `${target}.${process.pid}.old`;
  if (existsSync(target)) renameSync(target, old);
  renameSync(work, target);
  rmSync(old, { recursive: true, force: true });
  console.log(`${readdirSync(target).length} entries in app/static/dist`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
