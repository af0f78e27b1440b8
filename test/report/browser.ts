import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { needProgram } from '../house/programs.ts';

/** A page that is open in a browser without a window, and what went wrong or left it meanwhile. */
export interface OpenPage {
  page: Page;
  /** URLs that were asked for beside the page itself. */
  requests: string[];
  /** What the console was told as an error or a warning, what was thrown, and dialogs. */
  complaints: string[];
}

/** As root chromium has no sandbox of its own to offer; it opens nothing but files that the test has written. */
export function startBrowser(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: needProgram('chromium'), args });
}

export async function openPage(browser: Browser, file: string): Promise<OpenPage> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  const opened: OpenPage = { page, requests: [], complaints: [] };
  const url = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (request.url() !== url) opened.requests.push(request.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') opened.complaints.push(message.text());
  });
  page.on('pageerror', (error) => opened.complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    opened.complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return opened;
}
