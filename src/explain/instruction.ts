/** The parts of a step's name: `[build 2/5] RUN npm ci`. */
export interface StepName {
  /** What stands before the number: label, platform and stage. */
  group: string;
  text: string;
}

const NAME = /^\[(?:(.*?) )?\d+\/\d+\] (.*)$/s;

export function parseStepName(name: string): StepName {
  const [, group = '', text = name] = NAME.exec(name) ?? [];
  return { group, text };
}

/** The variables that an instruction uses, in their order. */
export function variablesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name]) => name as string))];
}
