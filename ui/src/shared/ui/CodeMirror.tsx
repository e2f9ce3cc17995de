import { defaultKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { foldGutter, foldKeymap, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { unifiedMergeView } from "@codemirror/merge";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { styleNonce } from "@/shared/theme/mantine";
import type { CodeViewProps } from "./CodeView";
import classes from "./CodeView.module.css";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.comment, tags.docComment], color: "var(--ink-3)", fontStyle: "italic" },
  { tag: [tags.definition(tags.variableName), tags.function(tags.variableName)], color: "var(--code-name)" },
  { tag: [tags.className, tags.propertyName], color: "var(--code-name)" },
]);

function extensions({ language, label, before }: Omit<CodeViewProps, "text" | "line">): Extension[] {
  return [
    EditorView.cspNonce.of(styleNonce()),
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    lineNumbers(),
    foldGutter(),
    drawSelection(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    keymap.of([...defaultKeymap, ...searchKeymap, ...foldKeymap]),
    syntaxHighlighting(colours),
    language === "python" ? python() : language === "json" ? json() : [],
    before === undefined
      ? []
      : unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 4 } }),
  ];
}

export default function CodeMirror({ text, language, label, line, before }: CodeViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  useEffect(() => {
    if (!box.current) return;
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({ doc: text, extensions: extensions({ language, label, before }) }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [text, language, label, before]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new text has its line shown, too
  useEffect(() => {
    const editor = view.current;
    if (!editor || line === undefined || line < 1 || line > editor.state.doc.lines) return;
    const { from } = editor.state.doc.line(line);
    editor.dispatch({
      selection: { anchor: from },
      effects: EditorView.scrollIntoView(from, { y: "center" }),
    });
  }, [line, text]);
  return <div ref={box} className={classes.code} />;
}
