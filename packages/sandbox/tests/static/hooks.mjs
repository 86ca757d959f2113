// Module hooks for modules.mjs.

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const ours = found.url.includes("/botwatch_sandbox/static/") && found.url.endsWith(".js");
  return ours ? { ...found, format: "module" } : found;
}
