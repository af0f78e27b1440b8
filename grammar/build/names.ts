import type { InstructionKind } from '../ast.ts';

const KINDS: Record<InstructionKind, true> = {
  FROM: true,
  RUN: true,
  COPY: true,
  ADD: true,
  ARG: true,
  ENV: true,
  LABEL: true,
  EXPOSE: true,
  VOLUME: true,
  USER: true,
  WORKDIR: true,
  CMD: true,
  ENTRYPOINT: true,
  SHELL: true,
  STOPSIGNAL: true,
  HEALTHCHECK: true,
  ONBUILD: true,
  MAINTAINER: true,
};

export const instructionNames: readonly InstructionKind[] = Object.keys(KINDS) as InstructionKind[];

/** What an image's ONBUILD may not hold. */
export const NO_TRIGGER: ReadonlySet<string> = new Set(['ONBUILD', 'FROM', 'MAINTAINER']);
