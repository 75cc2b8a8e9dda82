using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Teaching;

/// <summary>The state of <see cref="PromptReader"/> within a sentence: the groups so far, and the words that apply to the next group.</summary>
internal sealed class Sentence
{
    // The count of a plural without a number, such as "hearts".
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

    /// <summary>A place applies to the group before it in the clause, else to the next one.</summary>
    public void Place(string region)
    {
        if (_clauseHasGroup) _groups[^1] = _groups[^1] with { Region = region };
        else _region = region;
    }

    /// <summary>A relation places the group before it on one side, and the next group on the other.</summary>
    public void Relate(string region)
    {
        if (_groups.Count > 0) _groups[^1] = _groups[^1] with { Region = region };
        _region = region switch { "left" => "right", "right" => "left", "above" => "below", _ => "above" };
    }

    /// <summary>A comparison gives one size to the group before it, and the opposite to the next group.</summary>
    public void Compare(string size)
    {
        if (_groups.Count > 0) _groups[^1] = _groups[^1] with { Size = size };
        _size = size is "larger" ? "smaller" : "larger";
    }

    /// <summary>
    /// The groups. GenEval++'s sizes are relative: if all of several groups have the same size, none is larger than another, and the size is left open. A
    /// place for only one of two groups puts the other group on the opposite side.
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
