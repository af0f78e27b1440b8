import { TsbuildError } from '../base/error.ts';

/**
 * The part of Go's templates that command lines use: `{{.Field}}`, `{{.A.B}}` and `{{json .A}}`; `{{json .}}` is all.
 * Other texts stand as they are, with `\t` and `\n`.
 */
export function fillTemplate(template: string, value: object): string {
  const text = template.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  return text.replaceAll(/\{\{(.*?)\}\}/g, (whole, inner: string) => {
    const [, json, path] = /^\s*(json\s+)?\.((?:\w+(?:\.\w+)*)?)\s*$/.exec(inner) ?? [];
    if (path === undefined) {
      throw new TsbuildError('USAGE', `--format: ${whole} is not understood`, {
        hint: 'use {{.Field}}, {{.Field.Field}} or {{json .Field}}; --format json gives everything',
      });
    }
    const found = path === '' ? value : valueAt(value, path);
    if (json !== undefined || typeof found === 'object') return JSON.stringify(found);
    return String(found);
  });
}

function valueAt(value: object, path: string): unknown {
  let found: unknown = value;
  for (const name of path.split('.')) {
    const fields = found as Record<string, unknown> | null | undefined;
    if (typeof fields !== 'object' || fields === null || !Object.hasOwn(fields, name)) {
      throw new TsbuildError('USAGE', `--format: there is no field .${path}`, {
        hint: 'the fields are those that --format json shows',
      });
    }
    found = fields[name];
  }
  return found ?? null;
}
