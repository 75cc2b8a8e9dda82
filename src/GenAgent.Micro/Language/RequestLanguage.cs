using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace GenAgent.Micro.Language;

/// <summary>
/// The material of requests: frames, facts and words. The frames of one writer and one fact in <see cref="HeldOutFactsOneIn"/> never occur in training.
/// Immutable, safe to use from many threads at once.
/// </summary>
internal sealed partial class RequestLanguage
{
    /// <summary>One fact in this many is held out.</summary>
    public const int HeldOutFactsOneIn = 20;

    private const string Root = "language/";
    private const string ValidationFolder = "validation/";

    private static readonly Lazy<FrozenDictionary<string, string>> Files = new(ReadFiles);
    private static readonly Lazy<RequestLanguage> Shipped = new(() => Load(Files.Value, validation: false));
    private static readonly Lazy<RequestLanguage> Held = new(() => Load(Files.Value, validation: true));

    private readonly FrozenDictionary<string, Frame[]> _byTopic;
    private readonly FrozenDictionary<string, Frame[]> _bySection;
    private readonly FrozenDictionary<char, LanguageFact[]> _facts;

    private RequestLanguage(IReadOnlyList<Frame> frames, IReadOnlyList<LanguageFact> facts, Lexicon lexicon, FrozenSet<string> vocabulary)
    {
        Frames = frames;
        Facts = facts;
        Words = lexicon;
        Vocabulary = vocabulary;
        _byTopic = frames.Where(f => f.Section is "np" or "sentence" or "outside").GroupBy(f => f.Topic, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        _bySection = frames.GroupBy(f => f.Section, StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        _facts = facts.GroupBy(f => f.Kind).ToFrozenDictionary(g => g.Key, g => g.ToArray());
        GroupPhrases = frames.Where(f => f.Section is "group").ToLookup(f => (f.Number, f.Text.Has("c"), f.Text.Has("z")));
    }

    /// <summary>The training part of the language.</summary>
    public static RequestLanguage Training => Shipped.Value;

    /// <summary>The held-out frames, with the facts of training.</summary>
    public static RequestLanguage Validation => Held.Value;

    /// <summary>All frames.</summary>
    public IReadOnlyList<Frame> Frames { get; }

    /// <summary>All facts.</summary>
    public IReadOnlyList<LanguageFact> Facts { get; }

    /// <summary>The words of the slots.</summary>
    public Lexicon Words { get; }

    /// <summary>Every word of every file, in lower case: a typo must not turn a word into one of these.</summary>
    public FrozenSet<string> Vocabulary { get; }

    /// <summary>The first twelve hexadecimal digits of the SHA-256 of all files: identifies the source of requests.</summary>
    public static string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Concat(Files.Value.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}\n{f.Value}\n")))))[..12];

    /// <summary>The topics that have requests, in order.</summary>
    public IReadOnlyList<string> Topics => [.. _byTopic.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Phrases for groups, by their only number (0 for two or more) and by whether colour and size are mentioned.</summary>
    public ILookup<(int Number, bool Color, bool Size), Frame> GroupPhrases { get; }

    /// <summary>The frames of requests of a topic.</summary>
    public IReadOnlyList<Frame> Requests(string topic) => _byTopic.GetValueOrDefault(topic, []);

    /// <summary>The frames of a section.</summary>
    public IReadOnlyList<Frame> Section(string name) => _bySection.GetValueOrDefault(name, []);

    /// <summary>The facts of a kind.</summary>
    public IReadOnlyList<LanguageFact> FactsOf(char kind) => _facts.GetValueOrDefault(kind, []);

    /// <summary>The same frames with other facts.</summary>
    public RequestLanguage With(IReadOnlyList<LanguageFact> facts) => new(Frames, facts, Words, Vocabulary);

    /// <summary>Whether a fact is held out. Decided by a hash of its text, so that adding facts does not change this for others.</summary>
    public static bool IsHeldOut(LanguageFact fact)
    {
        // FNV-1a: the same on every machine.
        var hash = 2166136261u;
        foreach (var character in fact.Text)
            hash = (hash ^ character) * 16777619u;
        return hash % HeldOutFactsOneIn == 7;
    }

    /// <summary>All facts of the shipped files and of the benchmark's table.</summary>
    public static IReadOnlyList<LanguageFact> AllFacts() => ReadFacts(Files.Value);

    /// <summary>
    /// Reads files by name: <c>FOLDER/TOPIC.frames</c>, <c>FOLDER/facts.tsv</c> and <c>lexicon.tsv</c>; frames of the folder <c>validation</c> are held
    /// out.
    /// </summary>
    /// <exception cref="LanguageFormatException">A file is not as its format says.</exception>
    /// <exception cref="InvalidDataException">There are no words.</exception>
    internal static RequestLanguage Load(IReadOnlyDictionary<string, string> files, bool validation = false)
    {
        var all = files.Where(f => f.Key.EndsWith(".frames", StringComparison.Ordinal)).OrderBy(f => f.Key, StringComparer.Ordinal)
            .SelectMany(f => FrameFile.Parse(f.Key, f.Value)).ToList();
        var lexicon = Lexicon.Parse(
            "lexicon.tsv", files.TryGetValue("lexicon.tsv", out var words) ? words : throw new InvalidDataException("The language lacks its lexicon.tsv."));
        var facts = ReadFacts(files);
        var vocabulary = files.Values.SelectMany(text => Word().Matches(text))
            .Select(m => m.Value.ToLowerInvariant())
            .Concat(lexicon.Words)
            .ToFrozenSet(StringComparer.Ordinal);
        // A frame that two writers wrote alike is not held out.
        var trained = all.Where(f => !IsValidation(f)).Select(Wording).ToHashSet(StringComparer.Ordinal);
        return new(
            [.. all.Where(f => validation ? IsValidation(f) && !trained.Contains(Wording(f)) : !IsValidation(f))],
            [.. facts.Where(f => !IsHeldOut(f))],
            lexicon,
            vocabulary);
    }

    private static bool IsValidation(Frame frame) => frame.Source.StartsWith(ValidationFolder, StringComparison.Ordinal);

    /// <summary>A frame's text up to case, punctuation and the names of its slots.</summary>
    private static string Wording(Frame frame) =>
        string.Join(
            ' ',
            frame.Text.Parts.SelectMany(
                part => part is FrameSlot slot ? [$"{{{slot.Kind}}}"] : Word().Matches((string)part).Select(m => m.Value.ToLowerInvariant())));

    private static List<LanguageFact> ReadFacts(IReadOnlyDictionary<string, string> files)
    {
        var read = files.Where(f => f.Key.EndsWith("facts.tsv", StringComparison.Ordinal)).OrderBy(f => f.Key, StringComparer.Ordinal)
            .SelectMany(f => FactFile.Parse(f.Key, f.Value));
        var table = Micro.Facts.FactTable.All.Select(
            f => new LanguageFact(f.Kind switch { Micro.Facts.FactKind.Number => 'n', Micro.Facts.FactKind.Color => 'c', _ => 's' }, f.Value, f.Text));
        return [.. table.Concat(read).DistinctBy(f => (f.Kind, f.Text.ToLowerInvariant()))];
    }

    private static FrozenDictionary<string, string> ReadFiles()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Root, StringComparison.Ordinal)).ToFrozenDictionary(
            name => name[Root.Length..].Replace('\\', '/'), Read, StringComparer.Ordinal);

        string Read(string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        }
    }

    [GeneratedRegex("[A-Za-z]+", RegexOptions.None, matchTimeoutMilliseconds: Timeout.Infinite)]
    private static partial Regex Word();
}
