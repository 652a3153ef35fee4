# syntax=docker/dockerfile:1
#
# Two images from one file:
#   docker build --target skald        -t skald:dev .          the operator, the gateway and the workers
#   docker build --target skald-speech -t skald-speech:dev .   recognition and voices for the offline profile
#
# Everything that has to be fetched from a registry is an argument. Where there is none, hack/image/main.ts builds
# the same file with bases that it makes from Debian packages, and with content that it bundled on this machine
# (CONTENT=host-content); stages that a build does not need are skipped.

ARG NODE=docker.io/library/node:24-bookworm
ARG DEBIAN=docker.io/library/debian:bookworm-slim
# Needs libc6, libstdc++6, libgcc-s1, ca-certificates, tzdata; no shell.
ARG BASE=gcr.io/distroless/cc-debian12:nonroot
# Needs what BASE needs, and espeak-ng and pocketsphinx-en-us.
ARG SPEECH_BASE=speech-base
# Needs gcc, libc6-dev, libpocketsphinx-dev.
ARG COMPILER=compiler
ARG CONTENT=built-content

# ---- The content of both images, as hack/bundle/bundle.ts lays it out ------------------------------------------------

FROM ${NODE} AS build
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node_modules/.bin/node hack/bundle/main.ts --out /content

FROM scratch AS built-content
COPY --from=build /content /

FROM scratch AS host-content
COPY dist/image /

FROM ${CONTENT} AS content

# ---- skald: the layer that changes with every commit comes last -------------------------------------------------------

FROM ${BASE} AS skald
COPY --from=content /node /
COPY --from=content /skald/runtime /
COPY --from=content /skald/program /
WORKDIR /app
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compile-cache ORT_DISABLE_TELEMETRY=1
# V8's code of every program: no pod compiles on the user's clock.
USER 0:0
RUN ["/app/node", "/app/fill-compile-cache.js"]
USER 65532:65532
ENTRYPOINT ["/app/node", "/app/skald.js"]

# ---- skald-speech -----------------------------------------------------------------------------------------------------

FROM ${DEBIAN} AS compiler
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libpocketsphinx-dev

FROM ${COMPILER} AS recogniser
COPY --from=content /speech/source/recogniser.c /build/
# The libraries go into the program: shared, they would bring a sound server and linear algebra along.
RUN gcc -O2 -Wall -Werror -I/usr/include/sphinxbase -I/usr/include/pocketsphinx \
    -I/usr/include/$(gcc -print-multiarch) -I/usr/include/$(gcc -print-multiarch)/sphinxbase \
    /build/recogniser.c -o /build/skald-recogniser -l:libpocketsphinx.a -l:libsphinxbase.a -lm

FROM ${DEBIAN} AS speech-base
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates espeak-ng libstdc++6 pocketsphinx-en-us tzdata \
    && rm -rf /var/lib/apt/lists/*

FROM ${SPEECH_BASE} AS skald-speech
COPY --from=content /node /
COPY --from=recogniser /build/skald-recogniser /app/
COPY --from=content /speech/program /
WORKDIR /app
USER 65532:65532
ENV NODE_ENV=production
EXPOSE 8090
ENTRYPOINT ["/app/node", "/app/speech.js"]
