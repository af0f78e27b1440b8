import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { ReportData } from './types.ts';

/** Where `npm run build` puts the page's own script and style sheet: beside the program, or where it will be. */
const ASSETS =
  process.env.TSBUILD_BUNDLED === undefined
    ? join(import.meta.dirname, '../../dist/report')
    : join(import.meta.dirname, 'report');

/**
 * The report as one page that needs nothing else: its policy forbids every request, and every script and style but its
 * own two, named by their hashes. The data is text that no browser reads as markup or as a script.
 */
export function htmlOf(report: ReportData): string {
  return pageOf({ title: `${report.title} · tsbuild report`, data: report, ...assets() });
}

function pageOf({
  title,
  data,
  script,
  style,
}: {
  title: string;
  data: unknown;
  script: string;
  style: string;
}): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<noscript>This report is drawn by a script that it carries: allow it to run.</noscript>
<script type="application/json" id="data">${embeddedJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** JSON that ends no script element and opens no comment in one, and that is JavaScript of any age too. */
function embeddedJson(data: unknown): string {
  const unsafe = /[<>&\u2028\u2029]/g;
  return JSON.stringify(data).replace(
    unsafe,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function assets(): { script: string; style: string } {
  try {
    const [script = '', style = ''] = ['main.js', 'style.css'].map((name) => readFileSync(join(ASSETS, name), 'utf8'));
    return { script: script.trim(), style: style.trim() };
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new TsbuildError('INTERNAL', `the page's own script is missing: ${ASSETS}`, {
      hint: 'run `npm run build`, or install tsbuild again',
      cause: error,
    });
  }
}
