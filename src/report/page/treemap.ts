import { element, section } from './dom.ts';
import { bytes, count } from './format.ts';
import type { Model } from './model.ts';
import { type Box, squarify } from './squarify.ts';

const HEIGHT = 380;
/** The line with a layer's name, and the least size of what is drawn within a layer. */
const TITLE = 22;
const LEAST = 14;
/** As many layers as can be told apart. */
const MAX_LAYERS = 150;
const HUES = 6;

interface Shown {
  at: number;
  bytes: number;
}

/** Layers as areas, with the largest files of each in it. */
export class Treemap {
  readonly root: HTMLElement;
  readonly #model: Model;
  readonly #area = element('div', { class: 'treemap' });
  readonly #layers: readonly Shown[];
  readonly #hues: ReadonlyMap<string, number>;

  constructor(model: Model) {
    this.#model = model;
    const all = model.shown
      .map((at) => ({ at, bytes: model.step(at).layer?.bytes ?? 0 }))
      .filter((layer) => layer.bytes > 0)
      .sort((a, b) => b.bytes - a.bytes);
    this.#layers = all.slice(0, MAX_LAYERS);
    const stages = [...new Set(model.shown.map((at) => model.step(at).stage))];
    this.#hues = new Map(stages.map((stage, index) => [stage, index % HUES]));
    const total = all.reduce((sum, layer) => sum + layer.bytes, 0);
    const more = all.length > MAX_LAYERS ? `, the largest ${MAX_LAYERS} shown` : '';
    const unknown = model.shown.filter((at) => model.step(at).layer === undefined).length;
    const missing =
      unknown === 0 ? '' : ` ${count(unknown, 'step')} made none, or its layer is no longer in the store.`;
    this.root = section(
      'layers',
      'Layers',
      `${count(all.length, 'layer')} of all stages, ${bytes(total)}${more}. Colours are stages, areas within a layer its largest files.${missing}`,
    );
    if (all.length > 0) this.root.append(this.#area);
    model.onSelect((step) => {
      for (const box of this.#area.children)
        box.classList.toggle('selected', (box as HTMLElement).dataset.step === String(step));
    });
  }

  layOut(): void {
    let width = 0;
    new ResizeObserver(() => {
      if (this.#area.clientWidth === width) return;
      width = this.#area.clientWidth;
      this.#draw(width);
    }).observe(this.#area);
  }

  #draw(width: number): void {
    const boxes = squarify(
      this.#layers.map((layer) => layer.bytes),
      { x: 0, y: 0, width, height: HEIGHT },
    );
    this.#area.replaceChildren(...this.#layers.map(({ at }, index) => this.#layer(at, boxes[index] as Box)));
  }

  #layer(at: number, box: Box): HTMLElement {
    const { name, stage, text, layer } = this.#model.step(at);
    const size = bytes(layer?.bytes ?? 0);
    const title = element('span', { class: 'layer-title' }, element('b', {}, size), ` ${text}`);
    const made = element(
      'button',
      {
        class: `layer hue-${this.#hues.get(stage) ?? 0}`,
        title: `${name}\n${size}, ${count(layer?.files ?? 0, 'file')}`,
        attributes: { type: 'button', 'data-step': String(at), 'aria-label': `${name}, ${size}` },
        on: { click: () => this.#model.select(at) },
      },
      box.width > 3 * LEAST && box.height > TITLE ? title : undefined,
      ...this.#files(at, box),
    );
    place(made, box);
    return made;
  }

  #files(at: number, { width, height }: Box): HTMLElement[] {
    const { layer } = this.#model.step(at);
    const inner = { x: 0, y: TITLE, width: width - 2, height: height - TITLE - 2 };
    if (layer === undefined || inner.width < 2 * LEAST || inner.height < LEAST) return [];
    const listed = layer.largest.reduce((sum, file) => sum + file.bytes, 0);
    const rest = { path: `${count(layer.files - layer.largest.length, 'other file')}`, bytes: layer.bytes - listed };
    const all = [...layer.largest, ...(rest.bytes > 0 ? [rest] : [])]
      .filter((file) => file.bytes > 0)
      .sort((a, b) => b.bytes - a.bytes);
    const boxes = squarify(
      all.map((file) => file.bytes),
      inner,
    );
    return all.flatMap((file, index) => {
      const box = boxes[index] as Box;
      if (box.width < LEAST / 2 || box.height < LEAST / 2) return [];
      const isNamed = box.width > 4 * LEAST && box.height > LEAST;
      const label = isNamed ? (file === rest ? file.path : file.path.slice(file.path.lastIndexOf('/') + 1)) : '';
      const made = element(
        'span',
        { class: file === rest ? 'file rest' : 'file', title: `${file.path}\n${bytes(file.bytes)}` },
        label,
      );
      place(made, box);
      return [made];
    });
  }
}

function place(made: HTMLElement, { x, y, width, height }: Box): void {
  Object.assign(made.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
}
