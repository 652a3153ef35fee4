/** A binary heap whose elements know their place in it, so that any of them can be moved or taken out in O(log n). */

export interface HeapElement {
  /** Kept by the heap; -1 outside of it. An element is in one heap at a time. */
  heapIndex: number;
}

export class Heap<T extends HeapElement> {
  readonly #elements: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  /** `before(a, b)`: a leaves the heap earlier than b. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#elements.length;
  }

  peek(): T | undefined {
    return this.#elements[0];
  }

  push(element: T): void {
    element.heapIndex = this.#elements.length;
    this.#elements.push(element);
    this.#up(element);
  }

  pop(): T | undefined {
    const first = this.#elements[0];
    if (first) this.remove(first);
    return first;
  }

  remove(element: T): void {
    const index = element.heapIndex;
    const last = this.#elements.pop();
    element.heapIndex = -1;
    if (last === undefined || last === element) return;
    this.#put(last, index);
    this.update(last);
  }

  /** Finds the element's new place after what `before` looks at has changed. */
  update(element: T): void {
    this.#up(element);
    this.#down(element);
  }

  #up(element: T): void {
    let index = element.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#elements[parentIndex];
      if (parent === undefined || !this.#before(element, parent)) break;
      this.#put(parent, index);
      index = parentIndex;
    }
    this.#put(element, index);
  }

  #down(element: T): void {
    let index = element.heapIndex;
    for (;;) {
      const left = this.#elements[2 * index + 1];
      const right = this.#elements[2 * index + 2];
      const child = left && right ? (this.#before(right, left) ? right : left) : left;
      if (!child || !this.#before(child, element)) break;
      const childIndex = child.heapIndex;
      this.#put(child, index);
      index = childIndex;
    }
    this.#put(element, index);
  }

  #put(element: T, index: number): void {
    this.#elements[index] = element;
    element.heapIndex = index;
  }
}
