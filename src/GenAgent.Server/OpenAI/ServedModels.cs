using GenAgent.Server.Backends;

namespace GenAgent.Server.OpenAI;

/// <summary>What a request's <c>model</c> and <c>generator</c> name; null for the defaults.</summary>
internal readonly record struct ModelChoice(string? Agent, string? Generator);

/// <summary>The models of this server: its configured agents. A request names one, or none for the default.</summary>
internal sealed class ServedModels(ServedAgents served, TimeProvider time)
{
    /// <summary>What the default agent is called.</summary>
    public const string Default = "genagent";

    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    public IReadOnlyList<OpenAIModel> All =>
        [
            new(Default, _created),
            .. served.AgentNames.Where(name => !string.Equals(name, Default, StringComparison.Ordinal)).Select(name => new OpenAIModel(name, _created))
        ];

    /// <summary>The model of that name.</summary>
    /// <exception cref="OpenAIException">There is none.</exception>
    public OpenAIModel Find(string name) =>
        All.FirstOrDefault(model => string.Equals(model.Id, name, StringComparison.Ordinal)) ?? throw OpenAIException.NoModel(name);

    /// <summary>The agent and the generator that a request names.</summary>
    /// <exception cref="OpenAIException">There is no such model, or no such generator.</exception>
    public ModelChoice Choose(RequestFields fields)
    {
        var generator = fields.Text("generator");
        if (generator is not null && !served.GeneratorNames.Contains(generator, StringComparer.Ordinal))
        {
            throw OpenAIException.WrongValue("generator", generator, served.GeneratorNames);
        }

        return new(fields.Text("model") is not { } name ? null : TryChoose(name, out var agent) ? agent : throw OpenAIException.NoModel(name), generator);
    }

    /// <summary>The configured agent that a model's name stands for: null for the default.</summary>
    /// <returns>False if there is no such model.</returns>
    public bool TryChoose(string name, out string? agent)
    {
        agent = served.AgentNames.Contains(name, StringComparer.Ordinal) ? name : null;
        return agent is not null || string.Equals(name, Default, StringComparison.Ordinal);
    }
}
