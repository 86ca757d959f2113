# shellcheck shell=bash
# Gets programs of a Debian release without installing them. Sourced by the tools that do: they define list_packages,
# which prints the names of the packages, and write_launchers, which fills bin/; then they call provide.
#
# The packages come from the mirror that this machine uses, with package lists of their own (renewed daily) below
# ~/.cache/botwatch: apt's settings, lists and packages of the machine stay as they are.
# Exit code 69: this machine cannot get that suite, and the message says why.
script=$(readlink -f "$0")
unavailable=69 # EX_UNAVAILABLE of sysexits.h
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf '%s: %s\n' "${script##*/}" "$*" >&2; }
fail() { local code=$1; shift; say "$@"; exit "$code"; }

# apt_with_own_files PROGRAM ARG...  runs a program of apt on the suite alone, and keeps what it says in $said
apt_with_own_files() { said=$(APT_CONFIG=$cache/apt.conf "$@" 2>&1); }

# Where this machine gets its packages; asked in the one way that works before it has fetched any list.
find_mirrors() { apt-get update --print-uris | sed -nE "s|^'(.*)/dists/[a-z]+/InRelease'.*|\1|p" | uniq; }

# The machine's ways to its mirror (proxy, certificates), but files of our own and none of its hooks.
write_apt_settings() {
  mkdir -p "$cache"/{none,{lists,archives}/partial}
  {
    apt-config dump | grep '^Acquire::'
    printf '%s "%s";\n' \
      Dir::Etc::Main /dev/null Dir::Etc::Parts "$cache/none" \
      Dir::Etc::SourceList "$cache/sources.list" Dir::Etc::SourceParts "$cache/none" \
      Dir::Etc::Preferences /dev/null Dir::Etc::PreferencesParts "$cache/none" \
      Dir::State::Lists "$cache/lists" Dir::State::Status /dev/null Dir::Cache "$cache" \
      APT::Sandbox::User "$(id -un)"
  } >"$cache/apt.conf"
}

renew_lists() {
  local mirror
  said="apt has no sources on this machine"
  write_apt_settings
  for mirror in $(find_mirrors); do
    printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite" >"$cache/sources.list"
    if apt_with_own_files apt-get -qq --error-on=any update; then
      return
    fi
  done
  return 1
}

# All that decides how packages are laid out.
program_text() { cat "$script" "${BASH_SOURCE[0]}"; }

# Changes with every version of a package.
list_archives() {
  # shellcheck disable=SC2086 # several packages
  apt_with_own_files apt-get --print-uris download $packages
  echo "$said"
}

# find_loader  sets $loader: the programs run with the C library of their own release, as the machine's may be too old
find_loader() {
  loader=$(find "$PWD" -path '*lib/*-linux-gnu*/ld-linux*.so.?' -type f)
  loader=$target${loader#"$PWD"}
}

# Unpacks beside the target, so that the target is complete from the moment it is there.
unpack() {
  local package
  building=$(mktemp -d "$cache/building-XXXXXX")
  trap 'rm -rf "$building"' EXIT
  cd "$building" || return
  # shellcheck disable=SC2086 # several packages
  apt_with_own_files apt-get -qq download $packages ||
    fail $unavailable "the packages of $suite cannot be fetched: ${said%%$'\n'*}"
  for package in *.deb; do
    dpkg-deb --extract "$package" .
    rm "$package"
  done
  write_launchers
  chmod 755 .
  mv "$building" "$target"
}

# provide NAME SUITE  prints the directory with the binaries; the name is that of their directory in the cache
provide() {
  suite=$2
  [[ $suite =~ ^[a-z]+$ ]] || fail 64 "'$suite' is no name of a Debian suite: write it as bookworm or sid"
  local newest
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/botwatch/$1/$suite
  command -v apt-get dpkg-deb >/dev/null || fail $unavailable "this machine has no apt to get Debian's packages with"
  [[ -r $keyring ]] || fail $unavailable "$keyring is missing: install the package debian-archive-keyring"
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9

  # Holds the path of the programs that today's lists name; another version of this script may lay them out differently.
  newest=$cache/newest-$(program_text | sha256sum | cut -c1-12)
  if [[ -z $(find "$newest" -mmin -1440 2>/dev/null) ]]; then
    if renew_lists; then
      packages=$(list_packages)
      target=$cache/tools-$({ program_text; list_archives; } | sha256sum | cut -c1-12)
      [[ -d $target ]] || unpack
      find "$cache" -maxdepth 1 \( -name 'tools-*' -o -name 'newest-*' \) -mtime +7 ! -path "$target" -exec rm -rf {} +
      echo "$target/bin" >"$newest"
      rm -f "$cache"/*pkgcache.bin # large, and of no use until tomorrow
    elif [[ -e $newest ]]; then
      say "goes on with what was fetched before, as the package lists of $suite cannot be renewed: ${said%%$'\n'*}"
    else
      fail $unavailable "the package lists of $suite cannot be fetched: ${said%%$'\n'*}"
    fi
  fi
  cat "$newest"
}
