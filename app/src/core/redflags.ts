// Which answers are red flags is data of the server's; here it is only looked up.
import type { Account, Condition, RedFlag } from './types';

/** The rule of the first red flag that the answers raise. */
export function redFlag(answers: Record<string, unknown>, flags: RedFlag[] | null | undefined): string | undefined {
  return flags?.find((flag) => flag.all.length > 0 && flag.all.every((c) => holds(answers[c.field], c)))?.rule;
}

/** The answers of a report with what is known of the person, as the conditions name it. */
export function withPerson(answers: Record<string, unknown>, account: Account | undefined): Record<string, unknown> {
  const products = (answers.products as { kind: string }[] | null | undefined)?.map((p) => p.kind);
  return {
    ...answers,
    products,
    risks: account?.risks?.filter((r) => r.active !== false).map((r) => r.code),
    uses_minoxidil: account?.uses_minoxidil,
  };
}

function holds(answer: unknown, c: Condition): boolean {
  const missing = answer === undefined || answer === null;
  if (c.unknown) return missing;
  if (missing) return false; // unknown is not none, and no sign either
  if (c.values?.length) {
    const said = Array.isArray(answer) ? answer.map(String) : [String(answer)];
    return c.values.some((v) => said.includes(v));
  }
  if (typeof answer !== 'number' || (c.min == null && c.below == null)) return false;
  return (c.min == null || answer >= c.min) && (c.below == null || answer < c.below);
}
