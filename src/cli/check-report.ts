import type { CheckResult } from '../build/check.ts';
import { type ErrorStyle, renderWarning } from '../progress/failure.ts';
import { documentOf, locationJson, textJson } from './location-json.ts';

/** What `--check` prints for people: every warning with its place. Errors are printed elsewhere. */
export function checkText({ findings, errors }: CheckResult, style: ErrorStyle): string {
  if (findings.length === 0) return errors.length > 0 ? '' : 'Check complete, no warnings found.\n';
  const count = findings.length === 1 ? '1 warning has been found' : `${findings.length} warnings have been found`;
  const rendered = findings.map(({ rule, message, source, location }) =>
    renderWarning({ title: rule, message, source, location }, style),
  );
  return `Check complete, ${count}!\n\n${rendered.join('\n')}`;
}

/** The same in the form of BuildKit's `frontend.lint` result. All errors are one, as there is room for one. */
export function checkJson({ findings, errors, source }: CheckResult): string {
  const places = errors.flatMap(({ location }) => location ?? []);
  return documentOf({
    warnings: findings.map(({ rule, detail, message, location }) => ({
      ruleName: rule,
      description: detail,
      detail: message,
      location: { sourceIndex: 0, ...locationJson(location) },
    })),
    sources: [{ filename: source.name, language: 'Dockerfile', data: textJson(source) }],
    ...(errors.length > 0 && {
      buildError: {
        message: errors.map(({ message }) => message).join('\n'),
        location: { sourceIndex: 0, ...locationJson(...places) },
      },
    }),
  });
}
