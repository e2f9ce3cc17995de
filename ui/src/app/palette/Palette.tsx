import { Modal } from "@mantine/core";
import { useDebouncedValue, useMediaQuery } from "@mantine/hooks";
import { Search } from "lucide-react";
import { Fragment, useEffect, useId, useMemo, useRef, useState } from "react";
import { useT } from "@/shared/i18n";
import { type Hit, pieces, ranked } from "./items";
import classes from "./Palette.module.css";
import { useItems } from "./useItems";

/** Search and commands in one box: a combobox whose list is grouped. Arrow keys move, Enter does, Escape closes. */
export default function Palette({ close }: { close: () => void }) {
  const t = useT();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [asked] = useDebouncedValue(typed, 120);
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const phone = useMediaQuery("(max-width: 640px)", false);
  const { items, isSearching, error } = useItems(asked);
  const groups = useMemo(() => ranked(items, typed), [items, typed]);
  const hits = groups.flatMap((group) => group.hits);
  const at = Math.min(chosen, Math.max(0, hits.length - 1));
  const nothing = hits.length === 0;

  useEffect(() => {
    list.current?.querySelector(`[data-at="${at}"]`)?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const choose = (hit: Hit | undefined) => {
    if (!hit || hit.item.denied !== undefined) return;
    close();
    hit.item.run();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    // While a syllable is being composed, Enter and the arrows are the input method's.
    if (event.nativeEvent.isComposing) return;
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      const step = Math.abs(move) === 1 ? (at + move + hits.length) % Math.max(1, hits.length) : at + move;
      setChosen(Math.max(0, Math.min(hits.length - 1, step)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(hits[at]);
    }
  };

  let index = -1;
  return (
    <Modal.Root opened onClose={close} fullScreen={phone} size={640} padding={0} yOffset="10vh">
      <Modal.Overlay />
      <Modal.Content aria-label={t("app.palette.open")}>
        <div className={classes.box}>
          <Search aria-hidden="true" />
          <input
            type="text"
            role="combobox"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={nothing ? undefined : `${id}-${at}`}
            aria-autocomplete="list"
            aria-label={t("app.palette.open")}
            placeholder={t("app.palette.placeholder")}
            autoComplete="off"
            spellCheck={false}
            // biome-ignore lint/a11y/noAutofocus: a dialog's first field; the trap would focus it only after the fade
            autoFocus
            data-autofocus
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setChosen(0);
            }}
            onKeyDown={onKeyDown}
          />
          {phone ? (
            <button type="button" className={classes.close} onClick={close}>
              {t("app.palette.close")}
            </button>
          ) : null}
        </div>
        {/* Focus stays in the box; the box says which option is meant. */}
        <div
          ref={list}
          role="listbox"
          id={`${id}-list`}
          aria-label={t("app.palette.results")}
          className={classes.list}
        >
          {groups.map(({ group, hits }) => (
            // biome-ignore lint/a11y/useSemanticElements: a group of options, not of form fields
            <div key={group} role="group" aria-labelledby={`${id}-${group}`}>
              <div id={`${id}-${group}`} className={classes.heading}>
                {t(`app.palette.group.${group}`)}
              </div>
              {hits.map((hit) => {
                index += 1;
                const mine = index;
                return (
                  // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the box
                  <div
                    key={hit.item.key}
                    id={`${id}-${mine}`}
                    role="option"
                    tabIndex={-1}
                    aria-selected={mine === at}
                    aria-disabled={hit.item.denied !== undefined || undefined}
                    data-at={mine}
                    className={classes.option}
                    onPointerMove={() => setChosen(mine)}
                    onClick={() => choose(hit)}
                  >
                    <Label hit={hit} />
                    <span className={classes.detail}>{hit.item.denied ?? hit.item.detail}</span>
                  </div>
                );
              })}
            </div>
          ))}
        </div>
        <output className={nothing || error ? classes.none : "visually-hidden"}>
          {error
            ? error.message
            : nothing
              ? t(isSearching ? "app.palette.searching" : "app.palette.none")
              : t("app.palette.count", { count: hits.length })}
        </output>
        <footer className={classes.keys} aria-hidden="true">
          <kbd>↑</kbd>
          <kbd>↓</kbd> {t("app.palette.keys.move")}
          <kbd>↵</kbd> {t("app.palette.keys.choose")}
          <kbd>Esc</kbd> {t("app.palette.keys.close")}
        </footer>
      </Modal.Content>
    </Modal.Root>
  );
}

function Label({ hit }: { hit: Hit }) {
  const parts = pieces(hit.item.label, hit.match.at);
  return (
    <span className={classes.label}>
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other name
        <Fragment key={index}>{index % 2 === 1 ? <b>{part}</b> : part}</Fragment>
      ))}
    </span>
  );
}
