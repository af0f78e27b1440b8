import { element } from './dom.ts';
import { duration } from './format.ts';
import { type Model, outcomeText, took } from './model.ts';

const MARGIN = 8;

/** A few lines about the step under the pointer, or the one that has the focus. */
export class Tooltip {
  readonly root = element('div', { class: 'tooltip', attributes: { role: 'tooltip', hidden: '' } });
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  show(anchor: HTMLElement, at: number): void {
    this.root.replaceChildren(...this.#lines(at));
    this.root.hidden = false;
    const { left, top, bottom } = anchor.getBoundingClientRect();
    const { width, height } = this.root.getBoundingClientRect();
    const isBelow = top - height - MARGIN < 0;
    this.root.style.left = `${Math.max(MARGIN, Math.min(left, window.innerWidth - width - MARGIN))}px`;
    this.root.style.top = `${isBelow ? bottom + MARGIN : top - height - MARGIN}px`;
  }

  hide(): void {
    this.root.hidden = true;
  }

  #lines(at: number): HTMLElement[] {
    const step = this.#model.step(at);
    const time = took(step);
    const facts = [
      outcomeText(step),
      time === undefined ? undefined : duration(time),
      step.start === undefined ? undefined : `from ${duration(step.start)} on`,
      step.saved === undefined ? undefined : `saved ${duration(step.saved)}`,
      step.saves === undefined || step.saves === 0 ? undefined : `with this step cached: −${duration(step.saves)}`,
    ];
    return [
      element('p', { class: 'code' }, step.name),
      element('p', { class: 'note' }, facts.filter((fact) => fact !== undefined).join(' · ')),
    ];
  }
}
