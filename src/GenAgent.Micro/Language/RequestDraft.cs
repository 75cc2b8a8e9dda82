using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Language;

/// <summary>A request under construction: the values of its frames' slots. For single use by one thread.</summary>
internal sealed class RequestDraft(RequestLanguage language, SeededDraws draws)
{
    private readonly Dictionary<string, ShapeColor> _colors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ShapeClass> _shapes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CanvasColor> _canvases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LanguageFact> _facts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DrawnGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string One, string Many)> _words = new(StringComparer.Ordinal);

    /// <summary>The facts that the text speaks of, in its order.</summary>
    public IReadOnlyList<LanguageFact> Facts => [.. _facts.Values];

    /// <summary>Draws values for the slots of frames; false if no fact fits.</summary>
    public bool Fill(IReadOnlyList<Frame> frames)
    {
        var slots = frames.SelectMany(f => f.Text.Slots).ToList();
        var groups = frames.SelectMany(f => f.Meaning.Groups).ToList();
        var colors = Order(
            World.Colors,
            groups.Select(g => g.Color)
                .OfType<string>()
                .Where(c => WorldWords.TryParse(c, out ShapeColor _))
                .Select(c => WorldWords.TryParse(c, out ShapeColor color) ? color : default));
        var shapes = Order(
            World.Classes,
            groups.Select(g => g.Shape)
                .OfType<string>()
                .Where(s => WorldWords.TryParse(s, out ShapeClass _))
                .Select(s => WorldWords.TryParse(s, out ShapeClass kind) ? kind : default));
        foreach (var slot in slots.Where(s => s.Name[^1] != FrameSlot.Other))
        {
            if (slot.Kind == SlotKind.Color && !_colors.ContainsKey(slot.Name))
                _colors[slot.Name] = colors.Dequeue();
            else if (slot.Kind is SlotKind.Shape or SlotKind.Shapes && !_shapes.ContainsKey(slot.Name))
                _shapes[slot.Name] = shapes.Dequeue();
            else if (slot.Kind == SlotKind.Number && !_numbers.ContainsKey(slot.Name))
                _numbers[slot.Name] = 2 + draws.Weighted([0.34, 0.28, 0.16, 0.11, 0.06, 0.05]);
            else if (slot.Kind == SlotKind.Canvas && !_canvases.ContainsKey(slot.Name))
                _canvases[slot.Name] = draws.Pick(World.Canvases);
            else if (slot.Kind == SlotKind.Group && !_groups.ContainsKey(slot.Name))
                AddGroup(slot.Name, slots.Count(s => s.Kind == SlotKind.Group), colors, shapes);
            else if (slot.Kind == SlotKind.Fact && !_facts.ContainsKey(slot.Name) && !AddFact(slot.Name, slots))
                return false;
        }

        // A class or colour that occurs nowhere else in the request.
        var usedColors = _colors.Values.Concat(_groups.Values.Select(g => g.Color).OfType<ShapeColor>())
            .Concat(_facts.Values.Where(f => f.Kind == 'c').Select(f => WorldWords.TryParse(f.Value, out ShapeColor c) ? c : default)).ToHashSet();
        var usedShapes = _shapes.Values.Concat(_groups.Values.Select(g => g.Class))
            .Concat(_facts.Values.Where(f => f.Kind == 's').Select(f => WorldWords.TryParse(f.Value, out ShapeClass s) ? s : default)).ToHashSet();
        foreach (var slot in slots.Where(s => s.Name[^1] == FrameSlot.Other))
        {
            if (slot.Kind == SlotKind.Color && !_colors.ContainsKey(slot.Name))
                _colors[slot.Name] = draws.Pick([.. colors.Where(c => !usedColors.Contains(c))]);
            else if (slot.Kind is SlotKind.Shape or SlotKind.Shapes && !_shapes.ContainsKey(slot.Name))
                _shapes[slot.Name] = draws.Pick([.. shapes.Where(s => !usedShapes.Contains(s))]);
        }

        return true;
    }

    /// <summary>The text of a frame with its slots filled.</summary>
    public string Say(FrameText text) => string.Concat(text.Parts.Select(part => part is FrameSlot slot ? Say(slot) : (string)part));

    /// <summary>The combined meaning of frames; null if it is ambiguous.</summary>
    public PromptConstraints? Meaning(IReadOnlyList<Frame> frames)
    {
        List<ObjectConstraint> include = [];
        foreach (var template in frames.SelectMany(f => f.Meaning.Groups))
        {
            if (Group(template) is not { } group || !Merge(include, group))
                return null;
        }

        ObjectConstraint[] exclude = [.. frames.SelectMany(f => f.Meaning.Forbidden)
            .Select(f => new ObjectConstraint(Shape(f.Shape), 1, f.Color is { } color ? Color(color) : null))];
        if (exclude.Any(e => e.Color is not null && !include.Any(i => string.Equals(i.Class, e.Class, StringComparison.Ordinal) && i.Color is null)))
            return null;
        var canvas = frames.Select(f => f.Meaning.Canvas).OfType<string>().SingleOrDefault();
        return new(
            include,
            exclude.Length > 0 ? exclude : null,
            canvas is null ? null : _canvases.TryGetValue(canvas, out var drawn) ? WorldWords.Name(drawn) : canvas);
    }

    /// <summary>The number of objects that frames ask for, which may exceed this world's limit.</summary>
    public int Total(IReadOnlyList<Frame> frames) =>
        frames.SelectMany(f => f.Meaning.Groups).Sum(g => g.Group is { } slot ? _groups[slot].Count : g.Count!.Of(Number));

    private Queue<T> Order<T>(IReadOnlyList<T> all, IEnumerable<T> last)
    {
        // Values that the frame itself names come last, so that slots do not repeat them.
        var named = last.ToHashSet();
        var order = draws.Sample(all, all.Count);
        return new(order.Where(item => !named.Contains(item)).Concat(order.Where(named.Contains)));
    }

    private void AddGroup(string slot, int groups, Queue<ShapeColor> colors, Queue<ShapeClass> shapes)
    {
        var count = slot[0] is 'T' or 'B' ? 1
            : slot[0] is 'P' ? 2 + draws.Weighted(groups > 2 ? [0.75, 0.25] : [0.36, 0.3, 0.16, 0.1, 0.05, 0.03])
            : 1
                + draws.Weighted(
                    groups switch { 1 => [0.25, 0.2, 0.18, 0.14, 0.1, 0.07, 0.06], 2 => [0.4, 0.27, 0.19, 0.09, 0.04, 0.01], _ => [0.55, 0.3, 0.15] });
        var color = draws.Chance(0.1)
            ? (ShapeColor?)null
            : draws.Chance(0.1) && _groups.Count > 0 && _groups.Values.Last().Color is { } same ? same : colors.Dequeue();
        var again = color is not null && draws.Chance(0.12) ? _groups.Values.LastOrDefault(g => g.Color is not null && g.Color != color)?.Class : null;
        _groups[slot] = GroupPhrase.Draw(slot, again ?? shapes.Dequeue(), color, count, language, draws);
    }

    private bool AddFact(string slot, List<FrameSlot> slots)
    {
        var forms = slots.Where(s => s.Kind == SlotKind.Fact && string.Equals(s.Name, slot, StringComparison.Ordinal)).Select(s => s.Form)
            .ToHashSet(StringComparer.Ordinal);
        var facts = language.FactsOf(slot[1]);
        for (var attempt = 0; attempt < 40 && facts.Count > 0; attempt++)
        {
            var fact = draws.Pick(facts);
            if (_facts.ContainsValue(fact) || forms.Any(form => fact.Say(form) is null))
                continue;
            _facts[slot] = fact;
            return true;
        }

        return false;
    }

    private string Say(FrameSlot slot) => slot.Kind switch
    {
        SlotKind.Color => Word("color", slot.Name, WorldWords.Name(_colors[slot.Name])).One,
        SlotKind.Shape => Word("class", slot.Name, WorldWords.Name(_shapes[slot.Name])).One,
        SlotKind.Shapes => Word("class", slot.Name, WorldWords.Name(_shapes[slot.Name])).Many,
        SlotKind.Number => Word("number", slot.Name, $"{_numbers[slot.Name]}").One,
        SlotKind.Size => Word("size", slot.Name, slot.Name).One,
        SlotKind.Canvas => Word("canvas", slot.Name, WorldWords.Name(_canvases[slot.Name])).One,
        SlotKind.TooMany => Word("many", slot.Name, "8").One,
        SlotKind.Fact => _facts[slot.Name].Say(slot.Form)!,
        SlotKind.Group => _groups[slot.Name].Text,
        _ => throw new InvalidOperationException($"{slot} cannot stand in a request."),
    };

    /// <summary>A slot uses the same word throughout the request.</summary>
    private (string One, string Many) Word(string kind, string slot, string meaning) =>
        _words.TryGetValue(slot, out var word) ? word : _words[slot] = language.Words.Draw(kind, meaning, draws);

    private ObjectConstraint? Group(GroupTemplate template)
    {
        var drawn = template.Group is { } slot ? _groups[slot] : null;
        var count = drawn?.Count ?? template.Count!.Of(Number);
        var cells = template.Place?.Cells;
        if (count is < 1 or > World.MaxObjects || (cells is not null && cells.Count != count))
            return null;
        return new(
            drawn is null ? Shape(template.Shape!) : WorldWords.Name(drawn.Class),
            count,
            drawn is null ? template.Color is { } color ? Color(color) : null : drawn.Color is { } own ? WorldWords.Name(own) : null,
            template.Region,
            template.Size ?? (drawn?.Size is { } size ? WorldWords.Name(size) : null),
            cells,
            template.Place?.Row,
            template.Place?.Column);
    }

    /// <summary>Adds a group; false if it could be confused with an earlier one.</summary>
    private static bool Merge(List<ObjectConstraint> groups, ObjectConstraint group)
    {
        foreach (var (other, at) in groups.Select((other, at) => (other, at)).ToArray())
        {
            if (!string.Equals(other.Class, group.Class, StringComparison.Ordinal))
                continue;
            if (other.Color is null || group.Color is null)
                return false;
            if (!string.Equals(other.Color, group.Color, StringComparison.Ordinal))
                continue;
            if ((other.Size, group.Size) is ("large", "small") or ("small", "large"))
                continue;
            if (other.Cells is null || group.Cells is null || other.Region is not null || group.Region is not null
                || !string.Equals(other.Size, group.Size, StringComparison.Ordinal))
                return false;
            groups[at] = other with { Count = other.Count + group.Count, Cells = [.. other.Cells, .. group.Cells] };
            return true;
        }

        groups.Add(group);
        return true;
    }

    private int Number(string term) =>
        _numbers.TryGetValue(term, out var drawn)
            ? drawn
            : _facts.TryGetValue(term, out var fact) ? fact.Number : int.Parse(term, System.Globalization.CultureInfo.InvariantCulture);

    private string Color(string name) =>
        _colors.TryGetValue(name, out var drawn) ? WorldWords.Name(drawn) : _facts.TryGetValue(name, out var fact) ? fact.Value : name;

    private string Shape(string name) =>
        _shapes.TryGetValue(name, out var drawn) ? WorldWords.Name(drawn) : _facts.TryGetValue(name, out var fact) ? fact.Value : name;
}
