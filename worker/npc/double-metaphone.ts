/**
 * Double Metaphone (Philips 2000): how an English word sounds, and how it sounds when its spelling is
 * foreign (Germanic, Slavic, Romance): two codes, often equal. `0` is the sound of "th".
 *
 * Codes are not cut to four characters as in the original: names in fantasy differ late ("Grimjaw",
 * "Grimjar").
 */
export function doubleMetaphone(word: string): readonly [primary: string, secondary: string] {
  const text = word
    .toUpperCase()
    .replaceAll('Ç', 'S')
    .replaceAll('Ñ', 'N')
    .normalize('NFD')
    .replaceAll(/[^A-Z]/g, '');
  return new Encoder(text).encode();
}

const VOWELS = 'AEIOUY';

class Encoder {
  private readonly text: string;
  private readonly germanic: boolean;
  private readonly slavoGermanic: boolean;
  private primary = '';
  private secondary = '';
  private at = 0;

  constructor(text: string) {
    this.text = text;
    this.germanic = /^(VAN|VON|SCH)/.test(text);
    this.slavoGermanic = /W|K|CZ|WITZ/.test(text);
  }

  encode(): [string, string] {
    if (/^(GN|KN|PN|WR|PS)/.test(this.text)) this.at = 1;
    if (this.text.startsWith('X')) this.emit('S', 1);
    while (this.at < this.text.length) this.step();
    return [this.primary, this.secondary];
  }

  /** Emits the sound of the letters at hand and moves on by `length`. Every rule ends with one. */
  private emit(primary: string, length: number, secondary = primary): this {
    this.primary += primary;
    this.secondary += secondary;
    this.at += length;
    return this;
  }

  private is(offset: number, ...options: string[]): boolean {
    const from = this.at + offset;
    return from >= 0 && options.some((option) => this.text.startsWith(option, from));
  }

  private vowel(offset: number): boolean {
    const letter = this.text[this.at + offset];
    return letter !== undefined && VOWELS.includes(letter);
  }

  /** 2 for a doubled letter, which sounds once. */
  private doubled(letter: string): number {
    return this.is(1, letter) ? 2 : 1;
  }

  private get last(): boolean {
    return this.at === this.text.length - 1;
  }

  private step(): this {
    const letter = this.text[this.at] ?? '';
    switch (letter) {
      case 'A':
      case 'E':
      case 'I':
      case 'O':
      case 'U':
      case 'Y':
        return this.emit(this.at === 0 ? 'A' : '', 1);
      case 'B':
        return this.emit('P', this.doubled('B'));
      case 'C':
        return this.c();
      case 'D':
        return this.d();
      case 'F':
      case 'K':
      case 'N':
        return this.emit(letter, this.doubled(letter));
      case 'G':
        return this.g();
      case 'H':
        // Heard only before a vowel, at the start or between vowels.
        return (this.at === 0 || this.vowel(-1)) && this.vowel(1) ? this.emit('H', 2) : this.emit('', 1);
      case 'J':
        return this.j();
      case 'L':
        return this.emit('L', this.doubled('L'));
      case 'M':
        return this.emit(
          'M',
          this.is(1, 'M') || (this.is(-1, 'UMB') && this.at + 2 === this.text.length) ? 2 : 1,
        );
      case 'P':
        return this.is(1, 'H') ? this.emit('F', 2) : this.emit('P', this.is(1, 'P', 'B') ? 2 : 1);
      case 'Q':
        return this.emit('K', this.doubled('Q'));
      case 'R':
        return this.r();
      case 'S':
        return this.s();
      case 'T':
        return this.t();
      case 'V':
        return this.emit('F', this.doubled('V'));
      case 'W':
        return this.w();
      case 'X':
        // French endings ("-eaux") are silent.
        return this.last && this.is(-3, 'IAU', 'EAU')
          ? this.emit('', 1)
          : this.emit('KS', this.is(1, 'C', 'X') ? 2 : 1);
      case 'Z':
        return this.z();
      default:
        return this.emit('', 1);
    }
  }

  private c(): this {
    if (this.at > 1 && !this.vowel(-2) && this.is(-1, 'ACH') && !this.is(2, 'I', 'E'))
      return this.emit('K', 2);
    if (this.at === 0 && this.is(0, 'CAESAR')) return this.emit('S', 2);
    if (this.is(0, 'CH')) return this.ch();
    if (this.is(0, 'CZ') && !this.is(-2, 'WICZ')) return this.emit('S', 2, 'X');
    if (this.is(0, 'CCIA')) return this.emit('X', 4);
    if (this.is(0, 'CC') && !(this.at === 1 && this.is(-1, 'M'))) {
      if (this.is(2, 'I', 'E', 'H') && !this.is(2, 'HU')) {
        const hard = (this.at === 1 && this.is(-1, 'A')) || this.is(-1, 'UCCEE', 'UCCES');
        return hard ? this.emit('KS', 3) : this.emit('X', 3);
      }
      return this.emit('K', 2);
    }
    if (this.is(0, 'CK', 'CG', 'CQ')) return this.emit('K', 2);
    if (this.is(0, 'CI', 'CE', 'CY')) return this.emit('S', 2, this.is(0, 'CIO', 'CIE', 'CIA') ? 'X' : 'S');
    return this.emit('K', this.is(1, 'C', 'K', 'Q') && !this.is(1, 'CE', 'CI') ? 2 : 1);
  }

  private ch(): this {
    if (this.at > 0 && this.is(0, 'CHAE')) return this.emit('K', 2, 'X');
    const greek =
      this.at === 0 && this.is(1, 'HARAC', 'HARIS', 'HOR', 'HYM', 'HIA', 'HEM') && !this.is(0, 'CHORE');
    const hard =
      greek ||
      this.germanic ||
      this.is(-2, 'ORCHES', 'ARCHIT', 'ORCHID') ||
      this.is(2, 'T', 'S') ||
      ((this.at === 0 || this.is(-1, 'A', 'O', 'U', 'E')) &&
        (this.is(2, 'L', 'R', 'N', 'M', 'B', 'H', 'F', 'V', 'W') || this.at + 2 === this.text.length));
    if (hard) return this.emit('K', 2);
    if (this.at === 0) return this.emit('X', 2);
    return this.text.startsWith('MC') ? this.emit('K', 2) : this.emit('X', 2, 'K');
  }

  private d(): this {
    if (this.is(0, 'DG')) return this.is(2, 'I', 'E', 'Y') ? this.emit('J', 3) : this.emit('TK', 2);
    return this.emit('T', this.is(1, 'T', 'D') ? 2 : 1);
  }

  private g(): this {
    if (this.is(1, 'H')) return this.gh();
    if (this.is(1, 'N')) {
      if (this.at === 1 && this.vowel(-1) && !this.slavoGermanic) return this.emit('KN', 2, 'N');
      if (!this.is(2, 'EY') && !this.slavoGermanic) return this.emit('N', 2, 'KN');
      return this.emit('KN', 2);
    }
    if (this.is(1, 'LI') && !this.slavoGermanic) return this.emit('KL', 2, 'L');
    const softStart = this.is(1, 'Y', 'ES', 'EP', 'EB', 'EL', 'EY', 'IB', 'IL', 'IN', 'IE', 'EI', 'ER');
    if (this.at === 0 && softStart) return this.emit('K', 2, 'J');
    if (
      this.is(1, 'ER', 'Y') &&
      !/^(DANGER|RANGER|MANGER)/.test(this.text) &&
      !this.is(-1, 'E', 'I', 'RGY', 'OGY')
    ) {
      return this.emit('K', 2, 'J');
    }
    if (this.is(1, 'E', 'I', 'Y') || this.is(-1, 'AGGI', 'OGGI')) {
      if (this.germanic || this.is(1, 'ET')) return this.emit('K', 2);
      return this.is(1, 'IER') ? this.emit('J', 2) : this.emit('J', 2, 'K');
    }
    return this.emit('K', this.doubled('G'));
  }

  private gh(): this {
    if (this.at > 0 && !this.vowel(-1)) return this.emit('K', 2);
    if (this.at === 0) return this.is(2, 'I') ? this.emit('J', 2) : this.emit('K', 2);
    const silent =
      (this.at > 1 && this.is(-2, 'B', 'H', 'D')) ||
      (this.at > 2 && this.is(-3, 'B', 'H', 'D')) ||
      (this.at > 3 && this.is(-4, 'B', 'H'));
    if (silent) return this.emit('', 2);
    // "laugh", "cough", "rough"; otherwise it is silent after a vowel other than I.
    if (this.at > 2 && this.is(-1, 'U') && this.is(-3, 'C', 'G', 'L', 'R', 'T')) return this.emit('F', 2);
    return this.is(-1, 'I') ? this.emit('', 2) : this.emit('K', 2);
  }

  private j(): this {
    if (this.is(0, 'JOSE') || this.text.startsWith('SAN')) {
      const spanish = (this.at === 0 && this.text.length === 4) || this.text.startsWith('SAN');
      return spanish ? this.emit('H', 1) : this.emit('J', 1, 'H');
    }
    const step = this.doubled('J');
    if (this.at === 0) return this.emit('J', step, 'A');
    if (this.vowel(-1) && !this.slavoGermanic && this.is(1, 'A', 'O')) return this.emit('J', step, 'H');
    if (this.last) return this.emit('J', step, '');
    const swallowed = this.is(1, 'L', 'T', 'K', 'S', 'N', 'M', 'B', 'Z') || this.is(-1, 'S', 'K', 'L');
    return this.emit(swallowed ? '' : 'J', step);
  }

  private r(): this {
    const french = this.last && !this.slavoGermanic && this.is(-2, 'IE') && !this.is(-4, 'ME', 'MA');
    return this.emit(french ? '' : 'R', this.doubled('R'), 'R');
  }

  private s(): this {
    if (this.is(-1, 'ISL', 'YSL')) return this.emit('', 1);
    if (this.at === 0 && this.is(0, 'SUGAR')) return this.emit('X', 1, 'S');
    if (this.is(0, 'SH'))
      return this.is(1, 'HEIM', 'HOEK', 'HOLM', 'HOLZ') ? this.emit('S', 2) : this.emit('X', 2);
    if (this.is(0, 'SIO', 'SIA')) return this.emit('S', 3, this.slavoGermanic ? 'S' : 'X');
    if ((this.at === 0 && this.is(1, 'M', 'N', 'L', 'W')) || this.is(1, 'Z')) {
      return this.emit('S', this.is(1, 'Z') ? 2 : 1, 'X');
    }
    if (this.is(0, 'SC')) return this.sc();
    const french = this.last && this.is(-2, 'AI', 'OI');
    return this.emit(french ? '' : 'S', this.is(1, 'S', 'Z') ? 2 : 1, 'S');
  }

  private sc(): this {
    if (this.is(2, 'H')) {
      if (this.is(3, 'OO', 'ER', 'EN', 'UY', 'ED', 'EM')) {
        return this.is(3, 'ER', 'EN') ? this.emit('X', 3, 'SK') : this.emit('SK', 3);
      }
      return this.at === 0 && !/^SCH[AEIOUYW]/.test(this.text) ? this.emit('X', 3, 'S') : this.emit('X', 3);
    }
    return this.is(2, 'I', 'E', 'Y') ? this.emit('S', 3) : this.emit('SK', 3);
  }

  private t(): this {
    if (this.is(0, 'TION', 'TIA', 'TCH')) return this.emit('X', 3);
    if (this.is(0, 'TH', 'TTH')) {
      return this.is(2, 'OM', 'AM') || this.germanic ? this.emit('T', 2) : this.emit('0', 2, 'T');
    }
    return this.emit('T', this.is(1, 'T', 'D') ? 2 : 1);
  }

  private w(): this {
    if (this.is(0, 'WR')) return this.emit('R', 2);
    if (this.at === 0 && (this.vowel(1) || this.is(0, 'WH'))) {
      return this.vowel(1) ? this.emit('A', 1, 'F') : this.emit('A', 1);
    }
    const slavic = this.last && this.vowel(-1);
    if (slavic || this.is(-1, 'EWSKI', 'EWSKY', 'OWSKI', 'OWSKY') || this.text.startsWith('SCH')) {
      return this.emit('', 1, 'F');
    }
    return this.is(0, 'WICZ', 'WITZ') ? this.emit('TS', 4, 'FX') : this.emit('', 1);
  }

  private z(): this {
    if (this.is(1, 'H')) return this.emit('J', 2);
    const ts = this.is(1, 'ZO', 'ZI', 'ZA') || (this.slavoGermanic && this.at > 0 && !this.is(-1, 'T'));
    return this.emit('S', this.doubled('Z'), ts ? 'TS' : 'S');
  }
}
