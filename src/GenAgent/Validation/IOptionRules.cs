namespace GenAgent.Validation;

/// <summary>Options with rules that no attribute can state, such as two values that go together. <see cref="OptionRules"/> asks for them.</summary>
public interface IOptionRules
{
    /// <summary>One sentence for each broken rule.</summary>
    /// <param name="path">The path of this object; empty for none.</param>
    /// <param name="pathOf">Gives the path of one of this object's options by its property's name.</param>
    /// <returns>The sentences; empty for none.</returns>
    IEnumerable<string> FindProblems(string path, Func<string, string> pathOf);
}
