using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Teaching;

/// <summary>A sentence while <see cref="PromptReader"/> reads it: the groups so far, and the words that wait for the next one.</summary>
internal sealed class Sentence
{
    // What "hearts" means when nobody says how many.
    private const int UncountedPlural = 2;

    private readonly List<ObjectConstraint> _groups = [];
    private int? _count;
    private string? _color;
    private string? _size;
    private string? _region;
    private bool _clauseHasGroup;

    public void EndClause() => _clauseHasGroup = false;

    public void Count(int count) => _count = count;

    public void Color(string color) => _color = color;

    public void Size(string size) => _size = size;

    public void Add(ShapeClass kind, bool plural)
    {
        var count = _count is 1 && plural ? UncountedPlural : _count ?? (plural ? UncountedPlural : 1);
        _groups.Add(new(WorldWords.Name(kind), count, _color, _region, _size));
        (_count, _color, _size, _region, _clauseHasGroup) = (null, null, null, null, true);
    }

    /// <summary>A place by itself belongs to the group before it in its clause, else to the next one.</summary>
    public void Place(string region)
    {
        if (_clauseHasGroup) _groups[^1] = _groups[^1] with { Region = region };
        else _region = region;
    }

    /// <summary>A relation places the group before it, and the next one on the other side.</summary>
    public void Relate(string region)
    {
        if (_groups.Count > 0) _groups[^1] = _groups[^1] with { Region = region };
        _region = region switch { "left" => "right", "right" => "left", "above" => "below", _ => "above" };
    }

    /// <summary>A comparison sizes the group before it, and the next one the other way.</summary>
    public void Compare(string size)
    {
        if (_groups.Count > 0) _groups[^1] = _groups[^1] with { Size = size };
        _size = size is "larger" ? "smaller" : "larger";
    }

    /// <summary>
    /// The groups. GenEval++'s sizes are relative: where every one of several groups has the same, none is larger than another, and the
    /// size is left open. A place on one side alone puts the only other group on the other side.
    /// </summary>
    public IReadOnlyList<ObjectConstraint> Groups()
    {
        var alike = _groups.Count > 1 && _groups.TrueForAll(g => string.Equals(g.Size, _groups[0].Size, StringComparison.Ordinal));
        var groups = alike ? _groups.ConvertAll(g => g with { Size = null }) : [.. _groups];
        if (groups.Count == 2 && groups.FindIndex(g => g.Region is null) is var open and >= 0 && groups[1 - open].Region is { } side)
            groups[open] = groups[open] with { Region = side switch { "left" => "right", "right" => "left", "above" => "below", _ => "above" } };
        return groups;
    }
}
