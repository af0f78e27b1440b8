import pico from 'picocolors';

type Paint = (text: string) => string;

/** What a colour means; without colours every entry leaves the text as it is. */
export interface Palette {
  color: boolean;
  done: Paint;
  failed: Paint;
  cancelled: Paint;
  warning: Paint;
  log: Paint;
  margin: Paint;
  hint: Paint;
}

export function createPalette(color: boolean): Palette {
  const { blue, red, yellow, dim, cyan, bold } = pico.createColors(color);
  return {
    color,
    done: blue,
    failed: (text) => bold(red(text)),
    cancelled: yellow,
    warning: yellow,
    log: dim,
    margin: dim,
    hint: cyan,
  };
}
