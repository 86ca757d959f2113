// What Slack's mrkdwn and Discord's Markdown share: a text is read from left to right, and at
// each place a few rules may recognise a piece. The result is a tree of plain objects
// { type, children | text, … } in which bare strings are text.

const MAX_DEPTH = 8; // deeper than people write; keeps the worst input cheap

/**
 * Reads `text` by `rules`, each `(text, index, inner) => { node, end } | null`, where
 * `inner(text)` reads the inside of a piece by the same rules.
 */
export function parseInline(text, rules, depth = 0) {
  const inner = (part) => (depth < MAX_DEPTH ? parseInline(part, rules, depth + 1) : [part]);
  const nodes = [];
  let plain = "";
  let index = 0;
  const state = { dead: new Map() };
  const flush = () => {
    if (plain) nodes.push(plain);
    plain = "";
  };
  while (index < text.length) {
    const found = firstMatch(rules, text, index, inner, state);
    if (!found) {
      plain += text[index];
      index += 1;
    } else {
      if (typeof found.node === "string") plain += found.node;
      else {
        flush();
        nodes.push(found.node);
      }
      index = found.end;
    }
  }
  flush();
  return nodes;
}

function firstMatch(rules, text, index, inner, state) {
  for (const rule of rules) {
    const found = rule(text, index, inner, state);
    if (found) return found;
  }
  return null;
}

/** A rule for a pattern (sticky); `make(match, inner)` returns the node, or null to pass. */
export function pattern(regex, make) {
  const sticky = new RegExp(regex.source, `${regex.flags.replace(/[gy]/g, "")}y`);
  return (text, index, inner) => {
    sticky.lastIndex = index;
    const match = sticky.exec(text);
    const node = match && make(match, inner);
    return node === null ? null : { node, end: sticky.lastIndex };
  };
}

const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/;

/**
 * A rule for text between two equal marks, such as *bold*: no space just inside, no line end
 * between, and with `atWordEdge` no letter or digit just outside.
 */
export function span(mark, type, { atWordEdge = false } = {}) {
  const outside = (character) => !atWordEdge || character === undefined || !WORD.test(character);

  function closing(text, from) {
    for (let at = from; at < text.length; at += 1) {
      const character = text[at];
      if (character === "\n") return -1;
      if (character === "`" || character === "<") at = skipped(text, at, character);
      else if (mark.length === 1 && text.startsWith(mark + mark, at)) at += 1;
      else if (text.startsWith(mark, at) && closes(text, at, from)) return at;
    }
    return -1;
  }

  function closes(text, at, from) {
    const after = text[at + mark.length];
    const inLongerRun = mark.length > 1 && after === mark[0];
    return at > from && !SPACE.test(text[at - 1]) && !inLongerRun && outside(after);
  }

  return (text, index, inner, state) => {
    if (!text.startsWith(mark, index)) return null;
    const from = index + mark.length;
    if (from >= text.length || SPACE.test(text[from]) || !outside(text[index - 1])) return null;
    if (index < (state.dead.get(mark) ?? 0)) return null;
    const at = closing(text, from);
    if (at < 0) {
      // No mark closes from here on in this line: later ones need not look again.
      const lineEnd = text.indexOf("\n", index);
      state.dead.set(mark, lineEnd < 0 ? text.length : lineEnd);
      return null;
    }
    return { node: { type, children: inner(text.slice(from, at)) }, end: at + mark.length };
  };
}

function skipped(text, at, opener) {
  const end = text.indexOf(opener === "<" ? ">" : "`", at + 1);
  const line = text.indexOf("\n", at);
  return end < 0 || (line >= 0 && line < end) ? at : end;
}

/** Splits text into { code } blocks between ``` and the { text } around them. */
export function splitFences(text) {
  const parts = [];
  const fence = /```(?:([\w+-]+)\n)?\n?([\s\S]+?)\n?```/g;
  let from = 0;
  for (const match of text.matchAll(fence)) {
    parts.push({ text: text.slice(from, match.index) });
    parts.push({ code: match[2], language: match[1] ?? null });
    from = match.index + match[0].length;
  }
  parts.push({ text: text.slice(from) });
  return parts.filter((part) => part.code !== undefined || part.text.trim() !== "");
}

/** Groups lines: neighbours for which `quoted(line)` gives a string become one quote. */
export function splitQuotes(text, quoted) {
  const groups = [];
  for (const line of text.split("\n")) {
    const content = quoted(line);
    const quote = content !== null;
    const last = groups.at(-1);
    if (last && last.quote === quote) last.lines.push(quote ? content : line);
    else groups.push({ quote, lines: [quote ? content : line] });
  }
  return groups;
}

/** The address if a page may link to it, else null. */
export function safeAddress(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
