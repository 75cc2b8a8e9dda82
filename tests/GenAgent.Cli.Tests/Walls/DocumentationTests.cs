using System.Xml.Linq;
using Mono.Cecil;
using Mono.Cecil.Rocks;

namespace GenAgent.Cli.Tests.Walls;

/// <summary>What the packages' public methods take and give back is documented.</summary>
public sealed class DocumentationTests
{
    public static TheoryData<string> Packages { get; } =
    [
        "GenAgent", "GenAgent.Torch", "GenAgent.Evaluation", "GenAgent.Micro", "GenAgent.Training", "GenAgent.Micro.Training", "GenAgent.Hosting",
        "GenAgent.Server",
    ];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Public_methods_say_what_they_take_and_return(string package)
    {
        var path = Path.Combine(AppContext.BaseDirectory, $"{package}.dll");
        var docs = XDocument.Load(Path.ChangeExtension(path, ".xml")).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);
        using var module = ModuleDefinition.ReadModule(path);

        var methods = module.GetAllTypes().Where(IsVisible).SelectMany(type => type.Methods).Where(IsWritten).ToList();

        methods.ShouldNotBeEmpty();
        methods.SelectMany(method => Lacking(method, docs)).ShouldBeEmpty();
    }

    private static IEnumerable<string> Lacking(MethodDefinition method, Dictionary<string, XElement> docs)
    {
        var id = DocCommentId.GetDocCommentId(method);
        if (!docs.TryGetValue(id, out var doc) || doc.Element("inheritdoc") is not null) yield break;
        if (Returns(method) && doc.Element("returns") is null) yield return $"{id}: <returns>";
        foreach (var parameter in method.Parameters)
        {
            if (!doc.Elements("param").Any(param => param.Attribute("name")?.Value == parameter.Name)) yield return $"{id}: <param name=\"{parameter.Name}\">";
        }
    }

    // A task without a value says no more than that the work is done.
    private static bool Returns(MethodDefinition method) =>
        method.ReturnType.FullName is not ("System.Void" or "System.Threading.Tasks.Task" or "System.Threading.Tasks.ValueTask");

    private static bool IsVisible(TypeDefinition type) =>
        type.DeclaringType is { } outer ? IsVisible(outer) && (type.IsNestedPublic || type.IsNestedFamily) : type.IsPublic;

    private static bool IsWritten(MethodDefinition method) =>
        (method.IsPublic || method.IsFamily) && !method.IsGetter && !method.IsSetter && !method.IsAddOn && !method.IsRemoveOn;
}
