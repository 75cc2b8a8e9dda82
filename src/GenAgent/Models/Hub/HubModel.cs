namespace GenAgent.Models.Hub;

/// <summary>A model repository on the hub and one of its revisions. Immutable.</summary>
public sealed record HubModel
{
    /// <summary>The default revision.</summary>
    public const string MainRevision = "main";

    private const string Scheme = "hf:";
    private const int MaxNameLength = 96;

    private HubModel(string id, string revision)
    {
        Id = id;
        Revision = revision;
    }

    /// <summary><c>ORG/NAME</c>, or <c>NAME</c> for the oldest repositories.</summary>
    public string Id { get; }

    /// <summary>A branch, a tag, <c>refs/pr/1</c> or a commit's hash.</summary>
    public string Revision { get; }

    /// <summary>The repository's folder in the hub's cache: <c>models--ORG--NAME</c>.</summary>
    internal string FolderName => "models--" + Id.Replace("/", "--", StringComparison.Ordinal);

    /// <summary>Reads <c>ORG/NAME</c>, <c>hf:ORG/NAME</c> or either with <c>@REVISION</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The model and its revision.</returns>
    /// <exception cref="ArgumentException">The text is not a repository, or the revision could escape the cache's folder.</exception>
    public static HubModel Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var name = text.StartsWith(Scheme, StringComparison.Ordinal) ? text[Scheme.Length..] : text;
        var at = name.IndexOf('@', StringComparison.Ordinal);
        var revision = at < 0 ? MainRevision : name[(at + 1)..];
        var id = at < 0 ? name : name[..at];
        var parts = id.Split('/');
        if (parts.Length is 0 or > 2 || !Array.TrueForAll(parts, IsName))
        {
            throw new ArgumentException($"\"{text}\" is no model of the hub: ORG/NAME or hf:ORG/NAME@REVISION expected.", nameof(text));
        }

        return IsRevision(revision)
            ? new HubModel(id, revision)
            : throw new ArgumentException($"\"{text}\": \"{revision}\" is no revision.", nameof(text));
    }

    /// <summary>The same repository at another revision.</summary>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <returns>The model at that revision.</returns>
    /// <exception cref="ArgumentException">It is no revision.</exception>
    public HubModel At(string revision) => Parse($"{Id}@{revision}");

    /// <summary><c>ORG/NAME</c>, with the revision if it is not <c>main</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Equals(Revision, MainRevision, StringComparison.Ordinal) ? Id : $"{Id}@{Revision}";

    /// <summary>The repository of a cache folder; null if it is not one.</summary>
    internal static HubModel? FromFolderName(string folderName)
    {
        const string Prefix = "models--";
        var id = folderName.StartsWith(Prefix, StringComparison.Ordinal) ? folderName[Prefix.Length..].Replace("--", "/", StringComparison.Ordinal) : "";
        return id.Split('/') is { Length: 1 or 2 } parts && Array.TrueForAll(parts, IsName) ? new HubModel(id, MainRevision) : null;
    }

    // The hub itself forbids "--" and "..", so that a folder's name says which repository it holds.
    private static bool IsName(string text) =>
        text.Length is > 0 and <= MaxNameLength
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        && char.IsAsciiLetterOrDigit(text[0]) && text[^1] is not ('-' or '.')
        && !text.Contains("--", StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal);

    private static bool IsRevision(string text) =>
        text.Length is > 0 and <= 200
        && text.Split('/').All(part => part.Length > 0 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));
}
