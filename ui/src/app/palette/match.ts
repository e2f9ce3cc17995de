/** How well a text fits what somebody typed, and which of its characters were meant. Higher is better. */
export interface Match {
  score: number;
  /** Positions in the text, ascending. */
  at: readonly number[];
}

const initials = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const firstSyllable = 0xac00;
const lastSyllable = 0xd7a3;
const finals = 28;
const vowels = 21;

const isSyllable = (code: number) => code >= firstSyllable && code <= lastSyllable;

/**
 * Whether the typed character stands for that one of the text: itself; a consonant for every syllable that begins with
 * it (ㅎ for 한); a syllable that has no final consonant yet for those that have one (하 for 한), as it is while typing.
 */
export function stands(typed: string, for_: string): boolean {
  if (typed === for_) return true;
  const code = for_.charCodeAt(0) - firstSyllable;
  if (!isSyllable(for_.charCodeAt(0))) return false;
  const initial = initials.indexOf(typed);
  if (initial >= 0) return Math.floor(code / (vowels * finals)) === initial;
  const wanted = typed.charCodeAt(0) - firstSyllable;
  return (
    isSyllable(typed.charCodeAt(0)) && wanted % finals === 0 && Math.floor(code / finals) === wanted / finals
  );
}

const startsWord = (text: string, at: number) => at === 0 || /[\s_\-./·:]/.test(text[at - 1] ?? "");

/** Characters of equal length, so that positions in the folded text are positions in the text. */
const fold = (text: string): string[] =>
  [...text.normalize("NFC")].map((letter) => {
    const lower = letter.toLowerCase();
    return lower.length === letter.length ? lower : letter;
  });

function contiguous(letters: readonly string[], wanted: readonly string[]): number[] {
  const found: number[] = [];
  for (let start = 0; start + wanted.length <= letters.length; start++) {
    if (wanted.every((letter, index) => stands(letter, letters[start + index] as string))) found.push(start);
  }
  return found;
}

/**
 * Finds what was typed in a text: at its start, at the start of a word, anywhere, or letter by letter in order ("edl" in
 * "etl_daily_load"). Null if it is not there. Nothing typed fits everything. Case does not count.
 */
export function match(text: string, typed: string): Match | null {
  const letters = fold(text);
  const wanted = fold(typed.trim());
  if (wanted.length === 0) return { score: 0, at: [] };
  // Among equals the shorter text is meant.
  const shorter = 1 / (1 + letters.length);
  const joined = letters.join("");
  const starts = contiguous(letters, wanted);
  if (starts.length > 0) {
    const best = starts.find((start) => startsWord(joined, start)) ?? (starts[0] as number);
    const score = best === 0 ? 4 : startsWord(joined, best) ? 3 : 2;
    return { score: score + shorter, at: wanted.map((_, index) => best + index) };
  }
  const at: number[] = [];
  let words = 0;
  let from = 0;
  for (const letter of wanted) {
    if (/\s/.test(letter)) continue;
    // The start of a word, if one that follows begins with it; else the next that fits.
    const next = letters.findIndex((other, index) => index >= from && stands(letter, other));
    if (next < 0) return null;
    const word = letters.findIndex(
      (other, index) => index >= from && startsWord(joined, index) && stands(letter, other),
    );
    const rest = wanted.slice(at.length + 1).filter((other) => !/\s/.test(other));
    const chosen = word >= 0 && canFollow(letters, word + 1, rest) ? word : next;
    if (chosen === word) words += 1;
    at.push(chosen);
    from = chosen + 1;
  }
  return { score: words / at.length + shorter, at };
}

function canFollow(letters: readonly string[], from: number, rest: readonly string[]): boolean {
  let at = from;
  for (const letter of rest) {
    const next = letters.findIndex((other, index) => index >= at && stands(letter, other));
    if (next < 0) return false;
    at = next + 1;
  }
  return true;
}
