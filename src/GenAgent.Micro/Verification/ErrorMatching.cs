namespace GenAgent.Micro.Verification;

/// <summary>Pairs what was asked for with what is there, and names what is left over.</summary>
internal static class ErrorMatching
{
    public static IEnumerable<ErrorKind> Of(IReadOnlyList<SeenObject> seen, IReadOnlyList<ConstraintGroup> asked)
    {
        var left = seen.ToList();
        List<ConstraintGroup> missing = [];
        List<ErrorKind> errors = [];
        foreach (var group in asked)
        {
            var matching = left.Where(group.Matches).ToArray();
            left.RemoveAll(group.Matches);
            errors.AddRange(Enumerable.Repeat(ErrorKind.Doubled, Math.Max(0, matching.Length - group.Count)));
            missing.AddRange(Enumerable.Repeat(group, Math.Max(0, group.Count - matching.Length)));
        }

        Pair(ErrorKind.WrongSize, (group, item) => item.IsA(group.Class, group.Color));
        Pair(ErrorKind.WrongColor, (group, item) => item.IsClear && item.Class == group.Class);
        Pair(ErrorKind.WrongClass, (group, item) => item.IsClear && item.Color == group.Color);
        Pair(ErrorKind.Unclear, (group, item) => !item.IsClear && (item.Class == group.Class || item.Color == group.Color));
        Pair(ErrorKind.Unclear, (_, item) => !item.IsClear);

        // Where no colour was asked for, any other object in a missing one's stead is of the wrong class.
        Pair(ErrorKind.WrongClass, (group, item) => item.IsClear && group.Color is null);
        errors.AddRange(missing.Select(_ => ErrorKind.Missing));
        errors.AddRange(left.Select(o => o.IsClear ? ErrorKind.Extra : ErrorKind.Unclear));
        return errors;

        void Pair(ErrorKind kind, Func<ConstraintGroup, SeenObject, bool> fits)
        {
            for (var i = missing.Count - 1; i >= 0; i--)
            {
                var found = left.FindIndex(o => fits(missing[i], o));
                if (found < 0)
                    continue;
                errors.Add(kind);
                left.RemoveAt(found);
                missing.RemoveAt(i);
            }
        }
    }
}
