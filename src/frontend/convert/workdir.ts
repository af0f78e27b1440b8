import { posix } from 'node:path';
import type { WordInstruction } from '../../../grammar/index.ts';
import { addLayer, recordMetadata } from '../stage.ts';
import { type ConvertContext, expandPath } from './context.ts';

/**
 * WORKDIR: joins what came before, and makes the directory where it is missing, owned by USER. `/` is always there,
 * and makes no layer. A value that expands to nothing stays where it is. As the reference does it, the configuration
 * keeps an absolute path as it is written (`/a/../b/`), and steps run in what it comes to.
 */
export function convertWorkdir(instruction: WordInstruction, context: ConvertContext): void {
  const { stage } = context;
  const value = expandPath(context, instruction.word);
  const current = stage.config.WorkingDir || '/';
  const shown = value.startsWith('/') ? value : posix.resolve('/', current, value);
  const path = posix.resolve('/', shown);
  stage.config.WorkingDir = shown;
  const createdBy = `WORKDIR ${shown}`;
  if (path === '/') {
    recordMetadata(stage, createdBy);
    return;
  }
  const vertex = {
    op: { kind: 'workdir', path, user: stage.config.User || undefined },
    inputs: [stage.rootfs],
    display: context.display(instruction),
  };
  addLayer(stage, vertex, createdBy);
}
