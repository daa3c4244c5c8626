# Turns the work tree into a commit on top of $1 with message $2. GIT_DIR, GIT_WORK_TREE and GIT_INDEX_FILE are set.
# Lists are separated by NUL. No pipelines: a failing command in one would not be noticed. `result` is written last.
set -eu
base=$1
message=$2
chmod u+rx "$GIT_WORK_TREE"
cd "$GIT_WORK_TREE"
out=$GIT_DIR/harvest
rm -rf "$out" "$GIT_INDEX_FILE"
mkdir "$out"

# An agent may have made files unreadable for us; git would skip or refuse them.
find . -path ./.git -prune -o \( -type d ! -perm -u=rx -o -type f ! -perm -u=r \) -exec chmod u+rX {} \;

git read-tree "$base"

# Submodules of the base that are still directories keep their commit: what is in them cannot be taken along.
git ls-tree -r -z "$base" >"$out/base-tree"
grep -z '^160000 ' "$out/base-tree" >"$out/base-links" || [ $? -eq 1 ]
sed -z 's/^[^	]*	//' "$out/base-links" >"$out/links"
xargs -0 -r -n 1 sh -c 'if [ -d "$1" ] && [ ! -L "$1" ]; then printf "%s\0" "$1"; fi' sh <"$out/links" >"$out/kept"
xargs -0 -r -I {} find ./{} -mindepth 1 -maxdepth 1 -exec printf '%s\0' {} \; -quit <"$out/kept" >"$out/submodule-files"

# Nested repositories that git would turn into links: listed with a slash at the end.
git ls-files -z --others --exclude-standard >"$out/others"
grep -z '/$' "$out/others" >"$out/nested" || [ $? -eq 1 ]

# All but these by git itself ...
{
	printf '.\0'
	sed -z 's,/$,,; s/^/:(exclude,top,literal)/' "$out/nested"
	sed -z 's/^/:(exclude,top,literal)/' "$out/kept"
} >"$out/wanted"
# What it says is kept in a variable: on a full disk a file would not hold it.
newline='
'
if ! said=$(git add --all --pathspec-from-file="$out/wanted" --pathspec-file-nul 2>&1); then
	printf '%s\n' "$said" | tail -c 4000 >&2
	exit 1
fi
# git only warns of a directory that it cannot enter (too deep for any path): what is in it must not get lost silently.
case $newline$said in
*"${newline}warning: could not open directory"*)
	closed=${newline}${said}
	closed=${closed#*"${newline}"warning: could not open directory}
	echo "a directory cannot be entered, perhaps because its path is too long; it begins with" >&2
	printf '%.300s\n' "${closed%%"$newline"*}" >&2
	exit 1
	;;
esac

# ... and the files of nested repositories one by one, less those that their .gitignore names.
xargs -0 -r -I {} find ./{} -name .git -prune -o \( -type f -o -type l \) -print0 <"$out/nested" >"$out/nested-files"
git update-index --add -z --stdin <"$out/nested-files"
GIT_LITERAL_PATHSPECS=1 xargs -0 -r git ls-files -z --cached --ignored --exclude-standard -- <"$out/nested" >"$out/nested-ignored"
git update-index --force-remove -z --stdin <"$out/nested-ignored"

# What is not in the candidate, or needs a word.
find . -mindepth 2 -name .git -prune -exec sh -c 'for git; do printf "%s\0" "${git%/.git}"; done' sh {} + >"$out/embedded"
find . -path ./.git -prune -o ! -type f ! -type d ! -type l -print0 >"$out/special"
git ls-files -z --others --ignored --exclude-standard --directory >"$out/ignored"

tree=$(git write-tree)
commit=$(printf '%s' "$message" | git commit-tree "$tree" -p "$base")
git update-ref refs/podium/candidate "$commit"
git bundle create --version=2 --quiet "$out/partial.bundle" refs/podium/candidate "^$base"
mv "$out/partial.bundle" "$out/candidate.bundle"
printf '%s %s\n' "$commit" "$tree" >"$out/partial"
mv "$out/partial" "$out/result"
