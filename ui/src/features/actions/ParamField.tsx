import { Checkbox, JsonInput, NumberInput, Select, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useT } from "@/shared/i18n";
import type { Field } from "./schema";

/** One param of the trigger form. An empty field of a nullable param is null. */
export function ParamField({
  field,
  value,
  problem,
  onChange,
}: {
  field: Field;
  value: unknown;
  problem: string | undefined;
  onChange: (value: unknown) => void;
}) {
  const changed = JSON.stringify(value ?? null) !== JSON.stringify(field.initial ?? null);
  const shared = {
    label: changed ? `${field.title} •` : field.title,
    ...(field.description ? { description: field.description } : {}),
    ...(problem ? { error: problem } : {}),
  };
  const text = typeof value === "string" ? value : value === null || value === undefined ? "" : String(value);
  const empty = field.nullable ? null : "";
  switch (field.kind) {
    case "boolean":
      return (
        <Checkbox
          {...shared}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "number":
    case "integer":
      return (
        <NumberInput
          {...shared}
          value={typeof value === "number" ? value : ""}
          allowDecimal={field.kind === "number"}
          {...(field.minimum === undefined ? {} : { min: field.minimum })}
          {...(field.maximum === undefined ? {} : { max: field.maximum })}
          clampBehavior="none"
          onChange={(next) => onChange(typeof next === "number" ? next : next === "" ? null : Number(next))}
        />
      );
    case "choice":
      return (
        <Select
          {...shared}
          data={[...field.choices]}
          value={value === undefined ? null : JSON.stringify(value)}
          clearable={field.nullable}
          onChange={(next) => onChange(next === null ? null : JSON.parse(next))}
        />
      );
    case "list":
      return (
        <TagsInput
          {...shared}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={onChange}
          splitChars={[",", "\n"]}
        />
      );
    case "json":
      return <JsonField shared={shared} value={value} onChange={onChange} />;
    case "multiline":
      return (
        <Textarea
          {...shared}
          autosize
          minRows={3}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value || empty)}
        />
      );
    case "date":
    case "time":
    case "datetime":
      return (
        <TextInput
          {...shared}
          type={field.kind === "datetime" ? "text" : field.kind}
          placeholder={field.kind === "datetime" ? "2026-01-31T09:00:00+09:00" : ""}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value || empty)}
        />
      );
    default:
      return (
        <TextInput
          {...shared}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value || empty)}
        />
      );
  }
}

/** JSON while it is typed: the value changes only when the text can be read, and the text is never rewritten. */
function JsonField({
  shared,
  value,
  onChange,
}: {
  shared: { label: string; description?: string; error?: string };
  value: unknown;
  onChange: (value: unknown) => void;
}) {
  const t = useT();
  const print = (one: unknown) => (one === undefined ? "" : JSON.stringify(one, null, 2));
  const [typed, setTyped] = useState<{ text: string; value: unknown } | null>(null);
  const text = typed && print(typed.value) === print(value) ? typed.text : print(value);
  const [broken, setBroken] = useState(false);
  return (
    <JsonInput
      {...shared}
      {...(broken ? { error: t("actions.trigger.notJson") } : {})}
      autosize
      minRows={2}
      value={text}
      onChange={(next) => {
        try {
          const parsed: unknown = next.trim() ? JSON.parse(next) : null;
          setBroken(false);
          setTyped({ text: next, value: parsed });
          onChange(parsed);
        } catch {
          setBroken(true);
          setTyped({ text: next, value });
        }
      }}
    />
  );
}
