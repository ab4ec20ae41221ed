#!/bin/sh
# Makes the pictures of the tiers from the drawings: WebP, and PNG for who has no WebP. Needed only when a drawing changes;
# the results are committed, so that neither the build nor the program needs these tools (Debian: librsvg2-bin, webp).
set -eu
cd "$(dirname "$0")"
for drawing in tier-*.svg; do
  name=${drawing%.svg}
  rsvg-convert --width 320 --height 320 "$drawing" --output "../$name.png"
  cwebp -quiet -preset drawing -q 82 -sharp_yuv -m 6 "../$name.png" -o "../$name.webp"
done
