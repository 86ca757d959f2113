// The page's files are ES modules named *.js, with no package.json that would say so to Node.

import { register } from "node:module";

register("./hooks.mjs", import.meta.url);

/** The directory of the page, as a URL. */
export const STATIC = new URL("../../src/botwatch_sandbox/static/", import.meta.url);

/** Imports one of the page's modules. */
export const load = (name) => import(new URL(name, STATIC));
