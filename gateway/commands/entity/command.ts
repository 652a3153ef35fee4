import type { Command } from '../command.ts';
import { describeIn } from '../describe.ts';
import { add, save } from './add.ts';
import { importFile } from './import.ts';
import { list, turnPage } from './list.ts';
import { remove } from './remove.ts';

/** `/entity add`, `list`, `remove`, `import` */
export const entity: Command = {
  name: 'entity',
  describe: (builder) => describeIn(builder, (messages) => messages.entity.command.entity),
  subcommands: [add, list, remove, importFile],
  components: [turnPage],
  modals: [save],
};
