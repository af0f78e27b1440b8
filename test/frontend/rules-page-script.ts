import { mkdirSync, writeFileSync } from 'node:fs';
import { rulesPage } from './rules-page.ts';

/** Writes docs/rules.md anew: `node --import tsx test/frontend/rules-page-script.ts`. */
mkdirSync('docs', { recursive: true });
writeFileSync('docs/rules.md', rulesPage());
