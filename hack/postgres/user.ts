import { readFile } from 'node:fs/promises';

export interface User {
  uid: number;
  gid: number;
}

/**
 * Who PostgreSQL runs as: undefined (ourselves) unless we are root, then the user `nobody` that every Unix has.
 * @throws when we are root and there is no such user.
 */
export async function unprivilegedUser(
  currentUid: number | undefined = process.getuid?.(),
  passwd: () => Promise<string> = () => readFile('/etc/passwd', 'utf8'),
): Promise<User | undefined> {
  if (currentUid !== 0) return undefined;
  const user = parsePasswd(await passwd(), 'nobody');
  if (!user || user.uid === 0) {
    throw new Error(
      'PostgreSQL refuses to run as root and there is no user "nobody" in /etc/passwd: run as another user.',
    );
  }
  return user;
}

export function parsePasswd(text: string, name: string): User | undefined {
  for (const line of text.split('\n')) {
    const [login, , uid, gid] = line.split(':');
    if (login === name && uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
