// Zoom and scroll of the picture.

const STEP = 1.25;

export class View {
  private scale = 1;
  private fits = true;

  constructor(private readonly frame: HTMLElement) {
    new ResizeObserver(() => this.fits && this.fit()).observe(frame);
    frame.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    frame.addEventListener("pointerdown", (event) => this.drag(event));
  }

  /** Takes the size of a new picture; the zoom stays. */
  refresh(): void {
    if (this.fits) {
      this.fit();
    } else {
      this.apply();
    }
  }

  fit(): void {
    const { width, height } = this.natural();
    if (width > 0 && height > 0) {
      this.scale = Math.min(this.frame.clientWidth / width, this.frame.clientHeight / height, 1.5);
      this.fits = true;
      this.apply();
    }
  }

  zoom(direction: 1 | -1): void {
    this.zoomAt(direction, this.frame.clientWidth / 2, this.frame.clientHeight / 2);
  }

  /** Scrolls an element into sight. */
  show(element: Element): void {
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  private zoomAt(direction: 1 | -1, x: number, y: number): void {
    const before = this.scale;
    this.scale = Math.min(8, Math.max(0.02, direction > 0 ? before * STEP : before / STEP));
    this.fits = false;
    const ratio = this.scale / before;
    const [left, top] = [(this.frame.scrollLeft + x) * ratio - x, (this.frame.scrollTop + y) * ratio - y];
    this.apply();
    this.frame.scrollTo(left, top);
  }

  private wheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const box = this.frame.getBoundingClientRect();
      this.zoomAt(event.deltaY < 0 ? 1 : -1, event.clientX - box.left, event.clientY - box.top);
    }
  }

  private drag(down: PointerEvent): void {
    if (down.button !== 0) {
      return;
    }
    const [left, top] = [this.frame.scrollLeft, this.frame.scrollTop];
    const move = (event: PointerEvent) =>
      this.frame.scrollTo(left + down.clientX - event.clientX, top + down.clientY - event.clientY);
    const up = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
  }

  private picture(): SVGSVGElement | null {
    return this.frame.querySelector("svg");
  }

  private natural(): { width: number; height: number } {
    const box = this.picture()?.viewBox.baseVal;
    return { width: box?.width ?? 0, height: box?.height ?? 0 };
  }

  private apply(): void {
    const { width, height } = this.natural();
    this.picture()?.setAttribute("width", `${width * this.scale}`);
    this.picture()?.setAttribute("height", `${height * this.scale}`);
  }
}
