import Anser from "anser";
import type { ReactNode } from "react";
import classes from "./Log.module.css";

const links = /\bhttps?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;

/** Text with its addresses as links, and every occurrence of `mark` marked. Never HTML. */
function linked(text: string, mark: RegExp | null, key: string): ReactNode[] {
  const nodes: ReactNode[] = [];
  let last = 0;
  for (const found of text.matchAll(links)) {
    nodes.push(...marked(text.slice(last, found.index), mark, `${key}.${last}`));
    nodes.push(
      <a key={`${key}.a${found.index}`} href={found[0]} target="_blank" rel="noreferrer noopener">
        {found[0]}
      </a>,
    );
    last = found.index + found[0].length;
  }
  nodes.push(...marked(text.slice(last), mark, `${key}.${last}`));
  return nodes;
}

function marked(text: string, mark: RegExp | null, key: string): ReactNode[] {
  if (!mark || !text) return text ? [text] : [];
  const nodes: ReactNode[] = [];
  let last = 0;
  for (const found of text.matchAll(mark)) {
    if (!found[0]) break;
    if (found.index > last) nodes.push(text.slice(last, found.index));
    nodes.push(<mark key={`${key}.m${found.index}`}>{found[0]}</mark>);
    last = found.index + found[0].length;
  }
  if (last < text.length) nodes.push(text.slice(last));
  return nodes;
}

const decorations: Record<string, string | undefined> = {
  bold: classes.bold,
  dim: classes.dim,
  italic: classes.italic,
  underline: classes.underline,
  reverse: classes.reverse,
};

/** ANSI colours as spans: the 16 named ones follow the theme, the others keep their own value. */
export function Ansi({ text, mark }: { text: string; mark: RegExp | null }) {
  if (!text.includes("\u001b")) return <>{linked(text, mark, "t")}</>;
  return (
    <>
      {Anser.ansiToJson(text, { json: true, remove_empty: true, use_classes: true }).map((part, index) => {
        const named = [part.fg && `fg-${part.fg}`, part.bg && `bg-${part.bg}`].filter(Boolean).join(" ");
        const style = {
          ...(part.fg === "ansi-truecolor" || part.fg?.startsWith("ansi-palette")
            ? { color: `rgb(${part.fg_truecolor ?? ""})` }
            : {}),
          ...(part.bg === "ansi-truecolor" ? { background: `rgb(${part.bg_truecolor ?? ""})` } : {}),
        };
        const decorated = part.decorations.map((name) => decorations[name]).filter(Boolean);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a line never move
          <span key={index} data-ansi={named || undefined} className={decorated.join(" ")} style={style}>
            {linked(part.content, mark, String(index))}
          </span>
        );
      })}
    </>
  );
}
