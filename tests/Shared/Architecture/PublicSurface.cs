using System.Globalization;
using System.Reflection;
using System.Text;

namespace TinySD.Tests.Shared;

/// <summary>The public surface of an assembly as text, which is committed and so changes on purpose.</summary>
internal static class PublicSurface
{
    private const string UpdateVariable = "TINYSD_UPDATE_API";

    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext s_nullability = new();

    /// <summary>How an assembly's surface differs from the committed one, or null.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="file">The committed text, by its path in the checkout.</param>
    public static async Task<string?> FindChange(Assembly assembly, string file)
    {
        string path = Path.Combine(Checkout.Root, file), found = Render(assembly);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1") await File.WriteAllTextAsync(path, found);
        string committed = File.Exists(path) ? await File.ReadAllTextAsync(path) : "";
        string[] was = committed.Split('\n'), now = found.Split('\n');
        string changes = string.Join(
            '\n', [.. was.Except(now).Select(line => "- " + line), .. now.Except(was).Select(line => "+ " + line)]);
        return found == committed ? null
            : $"the public surface of {assembly.GetName().Name} is not that of {file}:\n{changes}\n" +
                $"If it changed on purpose, run this test once with {UpdateVariable}=1 and commit the file.";
    }

    private static string Render(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Kind(type)} {type.Namespace}.{Name(type)}{Bases(type)}\n");
            // Constructors first, then by name; overloads and enum members of one name by what they look like.
            IEnumerable<string> members = type.GetMembers(Declared)
                .OrderBy(member => member.Name, StringComparer.Ordinal).ThenBy(Member, StringComparer.Ordinal)
                .Select(Member).OfType<string>();
            foreach (string member in members) text.Append(CultureInfo.InvariantCulture, $"    {member}\n");
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Kind(Type type) =>
        type.IsEnum ? "enum"
        : type.IsInterface ? "interface"
        : type.IsValueType ? "struct"
        : type.BaseType == typeof(MulticastDelegate) ? "delegate"
        : type.IsAbstract && type.IsSealed ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class"
        : "class";

    private static string Bases(Type type)
    {
        if (type.IsEnum) return "";
        IEnumerable<Type> bases =
            type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Where(i => i.IsPublic).OrderBy(Name, StringComparer.Ordinal);
        if (type.BaseType is { } up && up != typeof(object) && up != typeof(ValueType) && up != typeof(MulticastDelegate))
            bases = bases.Prepend(up);
        string list = string.Join(", ", bases.Select(Name));
        return list.Length == 0 ? "" : " : " + list;
    }

    // One line for what a caller can see; null for the rest, and for what the compiler writes into records and for properties and enums.
    private static string? Member(MemberInfo member)
    {
        if (member.Name.Contains('<', StringComparison.Ordinal) || IsRecordMachinery(member)) return null;
        if (member.DeclaringType!.BaseType == typeof(MulticastDelegate) && member.Name != "Invoke") return null;
        switch (member)
        {
            case FieldInfo { IsPublic: true, IsSpecialName: false } field:
                return field.DeclaringType!.IsEnum
                    ? $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}"
                    : $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{Name(field.FieldType)} {field.Name}";
            case ConstructorInfo { IsPublic: true } constructor:
                return $"{Name(constructor.DeclaringType!)}({Parameters(constructor)})";
            case MethodInfo { IsPublic: true, IsSpecialName: false } method:
                string returned = Name(method.ReturnType) + Mark(s_nullability.Create(method.ReturnParameter));
                return $"{(method.IsStatic ? "static " : "")}{returned} {method.Name}({Parameters(method)})";
            case PropertyInfo property when property.GetMethod?.IsPublic == true || property.SetMethod?.IsPublic == true:
                MethodInfo accessor = property.GetMethod ?? property.SetMethod!;
                string name = property.GetIndexParameters().Length > 0 ? $"this[{Parameters(accessor)}]" : property.Name;
                string required = property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)) ? "required " : "";
                string of = Name(property.PropertyType) + Mark(s_nullability.Create(property));
                return $"{required}{(accessor.IsStatic ? "static " : "")}{of} {name} {{ {Accessors(property)}}}";
            case EventInfo { AddMethod.IsPublic: true } happening:
                return $"event {Name(happening.EventHandlerType!)} {happening.Name}";
            default:
                return null;
        }
    }

    private static bool IsRecordMachinery(MemberInfo member) =>
        member.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute)) && member is not PropertyInfo
        || member is MethodInfo { Name: "Equals" or "GetHashCode" or "ToString" or "Deconstruct" or "PrintMembers" };

    private static string Accessors(PropertyInfo property)
    {
        string get = property.GetMethod?.IsPublic == true ? "get; " : "";
        if (property.SetMethod is not { IsPublic: true } set) return get;
        bool init = set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit));
        return get + (init ? "init; " : "set; ");
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
    {
        string how = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : "";
        string many = parameter.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "ParamCollectionAttribute")
            || parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        return $"{many}{how}{Name(parameter.ParameterType)}{Mark(s_nullability.Create(parameter))} {parameter.Name}{Default(parameter)}";
    }));

    private static string Default(ParameterInfo parameter) => !parameter.HasDefaultValue ? "" : " = " + parameter.RawDefaultValue switch
    {
        null => parameter.ParameterType.IsValueType ? "default" : "null",
        bool value => value ? "true" : "false",
        object value => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static string Mark(NullabilityInfo info) =>
        info.ReadState == NullabilityState.Nullable && Nullable.GetUnderlyingType(info.Type) == null ? "?" : "";

    private static string Name(Type type)
    {
        if (type.IsGenericParameter) return type.Name;
        if (type.IsByRef) return Name(type.GetElementType()!);
        if (type.IsPointer) return Name(type.GetElementType()!) + "*";
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } inner) return Name(inner) + "?";
        if (type.IsGenericType)
        {
            string plain = type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)];
            return $"{plain}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
        }

        return type.FullName switch
        {
            "System.Void" => "void",
            "System.Int32" => "int",
            "System.Int64" => "long",
            "System.UInt64" => "ulong",
            "System.Single" => "float",
            "System.Double" => "double",
            "System.Boolean" => "bool",
            "System.String" => "string",
            "System.Object" => "object",
            _ => type.IsNested ? $"{Name(type.DeclaringType!)}.{type.Name}" : type.Name,
        };
    }
}
