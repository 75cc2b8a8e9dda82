namespace GenAgent.Micro.Verification;

/// <summary>Matches requested objects with found ones, and classifies the rest as errors.</summary>
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

        // If no colour was requested, any other object in place of a missing one has the wrong class.
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
